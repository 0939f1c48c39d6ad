# SPDX-License-Identifier: Apache-2.0
"""What a text tries to do: tricks with characters, instructions to the model, ways for data to leave."""
