from local_aws.glue import arguments


def test_what_cannot_be_honoured_is_refused_by_name():
    assert "--extra-jars" in arguments.refused({"--extra-jars": "s3://b/x.jar"})
    assert "--additional-python-modules" in arguments.refused({"--additional-python-modules": "duckdb"})
    assert "bookmark" in arguments.refused({"--job-bookmark-option": "job-bookmark-enable"})
    assert "--job-language" in arguments.refused({"--job-language": "scala"})
    assert arguments.refused({"--job-bookmark-option": "job-bookmark-disable", "--enable-metrics": "true"}) is None


def test_the_catalog_needs_its_argument():
    assert arguments.sees_catalog({"--enable-glue-datacatalog": "true"})
    assert arguments.sees_catalog({"--enable-glue-datacatalog": ""})
    assert not arguments.sees_catalog({"--enable-glue-datacatalog": "False"})
    assert not arguments.sees_catalog({})


def test_several_settings_in_conf():
    given = {"--conf": "spark.a=1 --conf spark.b=x=y"}
    assert arguments.spark_conf(given) == {"spark.a": "1", "spark.b": "x=y"}
    assert arguments.spark_conf({}) == {}


def test_command_line():
    words = arguments.command_line({"--day": "2020-01-01", "--enable-glue-datacatalog": ""}, "trees", "jr_1")
    assert words == [
        "--day",
        "2020-01-01",
        "--enable-glue-datacatalog",
        "--JOB_NAME",
        "trees",
        "--JOB_RUN_ID",
        "jr_1",
        "--JOB_ID",
        "trees",
    ]


def test_lists_of_addresses():
    assert arguments.s3_list({"--extra-py-files": "s3://b/a.zip, s3://b/b.py"}, "--extra-py-files") == [
        "s3://b/a.zip",
        "s3://b/b.py",
    ]
    assert arguments.s3_list({}, "--extra-py-files") == []
