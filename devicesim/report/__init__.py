"""What a run says to people: a stream folded into a Report, and the Report as text, JSON and one HTML page."""
