from pathlib import Path

from local_aws.glue.mounts import role_file, spark_settings
from local_aws.policies import Rule


def test_each_bucket_is_a_mount_of_its_folder():
    settings = spark_settings({"trees": Path("/data/a b/trees")})
    assert settings["spark.hadoop.fs.viewfs.mounttable.trees.linkFallback"] == "bucket:///data/a%20b/trees/"
    assert settings["spark.hadoop.fs.s3.impl"] == "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"


def test_no_target_scheme_or_unknown_buckets_would_land_anywhere():
    assert not [name for name in spark_settings({}) if "overload.scheme.target" in name]


def test_what_a_role_may_is_one_rule_a_line():
    rules = [Rule("Allow", "(?i)(?:s3:Get.*)", "(?s)(?:arn\\:a\\\tb)"), Rule("Deny", "x", "y")]
    assert role_file("arn:caller", "arn:glue:", {"trees": Path("/data/trees")}, rules) == (
        "caller\tarn:caller\nglue\tarn:glue:\nbucket\ttrees\t/data/trees\n"
        "Allow\t(?i)(?:s3:Get.*)\t(?s)(?:arn\\:a\\tb)\nDeny\tx\ty\n"
    )
