"""The progress of a leg in the formats that people's own tools read already.

Each format gets what the stream holds, under the names by which its readers know it. What a stream does not hold is
left out where the format allows it, and where it does not, is what the tool itself prints when it has not measured.
"""
