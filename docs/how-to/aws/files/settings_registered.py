# The API belongs to the template: nothing that is saved here changes it.
WEBSOCKETS["push_changes_to_aws"] = False
