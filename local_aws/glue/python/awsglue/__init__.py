"""What the jobs import from `awsglue`; DynamicFrames, GlueContext and the rest are Amazon's own and not here."""
