from pathlib import Path

from local_aws.glue.mounts import mount_table, spark_settings


def test_each_bucket_is_a_mount_of_its_folder():
    settings = spark_settings(mount_table({"trees": Path("/data/a b/trees")}, "arn:aws:iam::1:role/worker"))
    assert settings["spark.hadoop.fs.viewfs.mounttable.trees.linkFallback"] == "file:///data/a%20b/trees/"
    assert settings["spark.hadoop.fs.s3.impl"] == "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"


def test_no_target_scheme_or_unknown_buckets_would_land_anywhere():
    assert not [name for name in spark_settings({}) if "overload.scheme.target" in name]
