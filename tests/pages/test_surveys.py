"""Importing a survey by hand: template, faults, preview, and the import itself."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inventory.models import Survey
from tests.inventory.sheets import make_csv


def test_the_pages_show_the_template_the_faults_and_the_preview(visit, workspace, engineer, owner, stranger):
    client = visit(engineer)
    template = client.get(reverse("survey-template"))
    assert template.text.startswith("name,owner,slug")
    upload = reverse("surveys")

    def send(content: bytes):
        sheet = SimpleUploadedFile("survey.csv", content)
        return client.post(upload, {"workspace": workspace.pk, "sheet": sheet}, follow=True)

    faulty = send(make_csv(("Card limit", owner.email, "Cards", "enormous", "yes")))
    assert "Line 2, column exposure" in faulty.text
    good = send(make_csv(("<b>Bold", owner.email, "Cards", "high", "yes")))
    assert "1 model would be registered" in good.text and "&lt;b&gt;Bold" in good.text
    survey = Survey.objects.latest("uploaded_at")
    assert client.post(reverse("import-survey", args=[survey.pk])).status_code == 302
    assert "Being imported" in client.get(reverse("survey", args=[survey.pk])).text
    assert visit(stranger).get(reverse("survey", args=[survey.pk])).status_code == 404
    assert client.post(upload, {"workspace": workspace.pk}).status_code == 400
