# SPDX-License-Identifier: Apache-2.0
"""Numbers and addresses that belong to a person or a firm: e-mail, accounts, phones, what states give out."""
