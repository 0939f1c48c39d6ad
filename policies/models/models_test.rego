package douane.models_test

import data.douane.models

asks(model) := {"leg": "request", "principal": {"app": "letters"}, "exchange": {"model": model}}

ids(violations) := {violation.id | some violation in violations}

test_every_configured_model_is_permitted_by_default if {
	models.violations == set() with input as asks("small")
}

test_a_model_that_is_not_configured_is_not_permitted if {
	ids(models.violations) == {"douane.models.not_permitted"} with input as asks("*")
}

test_an_app_can_be_kept_to_some_models if {
	models.violations == set() with input as asks("small") with data.models.apps as {"letters": ["small"]}
	ids(models.violations) == {"douane.models.not_permitted"} with input as asks("large") with data.models.apps as {"letters": ["small"]}
}

test_missing_settings_permit_nothing if {
	ids(models.violations) == {"douane.models.not_permitted"} with input as asks("small") with data.models as {}
}
