"""Do tests err, intervals cover and policies alarm as often as they say? Answered by simulation."""
