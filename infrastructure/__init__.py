"""The CloudFormation template, the command that applies it, and the Lambda that starts a load."""
