import os

AWS_GATEWAY_REGION_NAME = "eu-west-1"

# Web servers and workers sign with the role of their machine. Where commands for AWS are run, this
# names a profile that has the deploy policy.
AWS_IAM_PROFILE = os.environ.get("WEBSOCKETS_DEPLOY_PROFILE", "")

# The runtime role may not change APIs, so saving a record does not try to.
WEBSOCKETS["push_changes_to_aws"] = False
