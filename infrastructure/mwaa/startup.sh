#!/bin/bash
# Amazon MWAA runs this with bash on every machine of the environment, before it installs requirements.txt, and gives
# Airflow's programs what it exports ("Using a startup script with Amazon MWAA" in its user guide).
#
# MWAA makes AIRFLOW__COFFEE_SHOP__RAW_BUCKET of the environment's configuration option coffee_shop.raw_bucket; the DAGs
# and the Reports page read COFFEE_SHOP_RAW_BUCKET. So any setting that is an environment variable can be given as such
# an option.
for option in "${!AIRFLOW__COFFEE_SHOP__@}"; do
  export "COFFEE_SHOP_${option#AIRFLOW__COFFEE_SHOP__}=${!option}"
done
