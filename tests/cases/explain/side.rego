package douane["side-ways"]

names := {"a": true}
