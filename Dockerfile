# The programs of Vertebra and the detector that comes with it, in two stages.
#
#   docker build -t vertebra .
#   docker run --rm -v "$PWD:/data" vertebra study --cohort /data/my-cohort --out /data/run

FROM rust:1.95-slim-bookworm AS build
WORKDIR /vertebra
COPY . .
RUN cargo build --release --locked -p vertebra-examples -p vertebra-networks --bins

FROM debian:bookworm-slim
COPY --from=build /vertebra/target/release/align \
                  /vertebra/target/release/annotations \
                  /vertebra/target/release/coxph \
                  /vertebra/target/release/deepsurv \
                  /vertebra/target/release/evaluate \
                  /vertebra/target/release/frax \
                  /vertebra/target/release/phantom \
                  /vertebra/target/release/predict \
                  /vertebra/target/release/radiograph \
                  /vertebra/target/release/study \
                  /vertebra/target/release/train-keypoints \
                  /vertebra/target/release/train-risk \
                  /vertebra/target/release/train-verdict \
                  /vertebra/target/release/validate \
                  /usr/local/bin/
WORKDIR /data
CMD ["study", "--help"]
