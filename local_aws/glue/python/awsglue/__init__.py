"""What a Glue script may import from `awsglue` on a laptop; DynamicFrames are Amazon's own library and not here."""
