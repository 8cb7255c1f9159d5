"""Stores on the loopback interface, with buckets that hold the files of a folder.

S3 is moto's server, Azure is Azurite (npm install azurite, on the PATH), Google is moto's server
behind an adapter: object_store speaks the XML interface of Google Cloud Storage, which is S3's but for
the headers of authorization and of conditions. A store is a context: `with Azure(work) as store`.
"""

import glob, os, shutil, socket, subprocess, sys, time

BUCKETS = ("films", "results")
S3_KEYS = dict(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Store:
    """A server, how programs find it, and what is put into it."""

    def __init__(self, work):
        self.at, self.work = port(), work
        self.endpoint = f"http://127.0.0.1:{self.at}"

    def __enter__(self):
        with open(os.path.join(self.work, f"{self.scheme}.log"), "a") as log:
            self.server = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd=self.work)
        for _ in range(100):
            try:
                self.make_buckets()
                return self
            except Exception as error:
                failed = error
            if self.server.poll() is not None:
                break
            time.sleep(0.3)
        self.__exit__()
        raise RuntimeError(f"{self.scheme}: the server does not answer, see its log") from failed

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()

    def url(self, bucket, path):
        return f"{self.scheme}://{bucket}/{path}"

    def upload(self, folder, path):
        """The files of a folder below films/PATH."""
        for name in sorted(glob.glob(f"{folder}/**", recursive=True)):
            if os.path.isfile(name):
                with open(name, "rb") as file:
                    self.put("films", f"{path}/{os.path.relpath(name, folder)}", file.read())
        return self.url("films", path)


class S3(Store):
    scheme = "s3"

    def command(self):
        return [os.path.join(os.path.dirname(sys.executable), "moto_server"), "-p", str(self.at)]

    def environment(self):
        keys = dict(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1")
        return dict(keys, AWS_ENDPOINT_URL=self.endpoint, AWS_ALLOW_HTTP="true")

    def make_buckets(self):
        import boto3

        self.client = boto3.client("s3", endpoint_url=self.endpoint, **S3_KEYS)
        for bucket in BUCKETS:
            self.client.create_bucket(Bucket=bucket)

    def put(self, bucket, key, content):
        self.client.put_object(Bucket=bucket, Key=key, Body=content)


class Google(S3):
    scheme = "gs"

    def command(self):
        return [sys.executable, os.path.abspath(__file__), str(self.at)]

    def environment(self):
        key = '{"gcs_base_url": "%s", "disable_oauth": true, ' % self.endpoint
        key += '"client_email": "", "private_key": "", "private_key_id": ""}'
        return dict(GOOGLE_SERVICE_ACCOUNT_KEY=key)


class Azure(Store):
    scheme = "az"
    # Azurite's, the same for everybody.
    account = "devstoreaccount1"
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def command(self):
        options = ["--blobPort", str(self.at), "--inMemoryPersistence", "--skipApiVersionCheck"]
        return [shutil.which("azurite-blob") or "azurite-blob", *options, "--silent"]

    def environment(self):
        return dict(AZURE_STORAGE_USE_EMULATOR="true", AZURITE_BLOB_STORAGE_URL=self.endpoint)

    def make_buckets(self):
        from azure.storage.blob import BlobServiceClient

        keys = {"account_name": self.account, "account_key": self.key}
        at = f"{self.endpoint}/{self.account}"
        self.client = BlobServiceClient(at, credential=keys, retry_total=0)
        for bucket in BUCKETS:
            self.client.create_container(bucket)

    def put(self, bucket, key, content):
        self.client.get_blob_client(bucket, key).upload_blob(content)


def google(at):
    """Moto's S3 server that understands what Google's clients say."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from urllib.parse import quote
    from werkzeug.serving import run_simple

    s3 = DomainDispatcherApplication(create_backend_app)

    def adapter(environment, start):
        # As a client of S3 with any keys would, where a bearer's token is or none; moto reads the
        # service from it, and refuses whom it does not know.
        environment["HTTP_AUTHORIZATION"] = (
            "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/s3/aws4_request, "
            "SignedHeaders=host, Signature=0"
        )
        # A slash within a name comes as %2F, which moto takes as it is.
        path, query = quote(environment["PATH_INFO"]), environment["QUERY_STRING"]
        environment["RAW_URI"] = environment["REQUEST_URI"] = f"{path}?{query}" if query else path
        if environment.pop("HTTP_X_GOOG_IF_GENERATION_MATCH", None) == "0":
            environment["HTTP_IF_NONE_MATCH"] = "*"
        return s3(environment, start)

    run_simple("127.0.0.1", at, adapter, threaded=True)


if __name__ == "__main__":
    google(int(sys.argv[1]))
