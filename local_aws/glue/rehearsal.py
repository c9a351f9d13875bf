"""What most jobs do, once and with rows of its own, so that Java loads the classes for it and writes its archive.

`warm_up.py` runs this script as a job is run; at its end Java ends by itself.
"""

import tempfile
from typing import Any

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f

session = SparkSession.builder.getOrCreate()
java: Any = session._jvm
settings = java.org.apache.hadoop.conf.Configuration(session._jsc.hadoopConfiguration())
settings.set("fs.s3a.bucket.probe", "0")
settings.set("fs.s3a.endpoint", "http://127.0.0.1:9")
settings.set("fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider")
java.org.apache.hadoop.fs.FileSystem.newInstance(java.java.net.URI("s3a://rehearsal/"), settings).close()
rows = session.createDataFrame([(n, str(n % 7), "ab"[n % 2]) for n in range(99)], "n int, name string, kind string")
with tempfile.TemporaryDirectory() as folder:
    rows.write.partitionBy("kind").parquet(f"file:{folder}/rows")
    rows = session.read.parquet(f"file:{folder}/rows").where("kind = 'a'")
    wide = rows.withColumn("place", f.row_number().over(Window.partitionBy("name").orderBy("n")))
    wide = wide.withColumn("id", f.md5("name")).withColumn("price", f.col("n").cast("decimal(12,2)"))
    wide.join(rows.select("name").distinct(), "name", "left_semi").write.parquet(f"file:{folder}/wide")
    wide.groupBy("name").agg(f.sum("price"), f.max("id")).orderBy("name").collect()
session.sparkContext.parallelize([1, 2], 2).map(str).collect()
gateway: Any = session.sparkContext._gateway
session.stop()
gateway.proc.stdin.close()
gateway.proc.wait()
