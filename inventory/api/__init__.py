"""The REST API of registration: models, versions, the data they see, and the policy in force."""
