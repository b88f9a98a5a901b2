WEBSOCKETS = {
    # The API belongs to the template: nothing that is saved here changes it.
    "push_changes_to_aws": False,
}
