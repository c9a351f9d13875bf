"""What ministack 1.5.33 does otherwise than AWS where this project would notice; each goes when it is mended there.

Every place says what AWS does, with the page of its documentation, and what ministack does. A test in
tests/local_aws/corrections fails as soon as an upgrade of ministack moves a replaced function or no longer deviates.
"""
