"""The speed at which a message leaves for many: near, far, in a storm, to a million."""
