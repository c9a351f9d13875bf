"""What a Glue script may import from `awsglue` on a laptop: arguments, the session and the job's frame.

DynamicFrames and their transforms are Amazon's own library. They are not here, and importing them says so.
"""
