"""Requests to an object store, signed as Amazon's Signature Version 4 has it, by Python alone."""

import collections
import hashlib
import hmac
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

Keys = collections.namedtuple("Keys", "access secret")
Object = collections.namedtuple("Object", "key size etag modified")

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def quote(text, safe="-._~"):
    return urllib.parse.quote(text, safe=safe)


def sign(keys, method, host, path, query, body, stamp):
    date = stamp[:8]
    content = hashlib.sha256(body).hexdigest()
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = "\n".join([method, path, query, f"host:{host}", f"x-amz-content-sha256:{content}",
                           f"x-amz-date:{stamp}", "", names, content])
    scope = f"{date}/us-east-1/s3/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + keys.secret).encode()
    for word in (date, "us-east-1", "s3", "aws4_request", to_sign):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return {"x-amz-date": stamp, "x-amz-content-sha256": content,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope},"
                             f"SignedHeaders={names},Signature={key.hex()}"}


def request(endpoint, keys, method, path, query="", body=b""):
    """The body of the answer. `query` is a dict or a string that is encoded and sorted already."""
    if isinstance(query, dict):
        query = "&".join(f"{quote(k)}={quote(v)}" for k, v in sorted(query.items()))
    path = quote(path, "-._~/")
    host = urllib.parse.urlsplit(endpoint).netloc
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = sign(keys, method, host, path, query, body, stamp)
    url = f"{endpoint}{path}" + (f"?{query}" if query else "")
    call = urllib.request.Request(url, data=body or None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(call, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.code}: {error.read()[:300]}") from error


def list_objects(endpoint, keys, bucket, prefix=""):
    """All objects below the prefix, by key."""
    found = {}
    token = {}
    while True:
        answer = xml.etree.ElementTree.fromstring(request(
            endpoint, keys, "GET", f"/{bucket}", {"list-type": "2", "prefix": prefix, **token}))
        for item in answer.iter(f"{NAMESPACE}Contents"):
            values = [item.findtext(f"{NAMESPACE}{name}")
                      for name in ("Key", "Size", "ETag", "LastModified")]
            found[values[0]] = Object(values[0], int(values[1]), *values[2:])
        if answer.findtext(f"{NAMESPACE}IsTruncated") != "true":
            return found
        token = {"continuation-token": answer.findtext(f"{NAMESPACE}NextContinuationToken")}
