"""A twin of the AWS Snow devices."""
