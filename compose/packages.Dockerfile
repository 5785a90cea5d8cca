# The Python packages that reference blocks, controls and PostgreSQL share, on top of one base image.
#
# Built without a network from a wheelhouse that the host made, and rebuilt only when a pin changes.
# The first stage is thrown away, so the image holds neither wheels nor pip.
ARG BASE
FROM ${BASE} AS installed
LABEL org.civic-sandbox.stage=installed
COPY wheelhouse /wheelhouse
RUN python3 -m venv /opt/civic-sandbox/packages \
 && /opt/civic-sandbox/packages/bin/pip install --quiet --no-deps --no-index --find-links /wheelhouse \
      --require-hashes --requirement /wheelhouse/requirements.txt \
 && /opt/civic-sandbox/packages/bin/pip uninstall --quiet --yes pip setuptools

FROM ${BASE}
COPY --from=installed /opt/civic-sandbox/packages /opt/civic-sandbox/packages
# initdb asks for the name of the user that it runs as. A fresh volume takes the owner of the folder it covers.
RUN echo 'civic:x:10001:10001:civic-sandbox:/tmp:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'civic:x:10001:' >> /etc/group \
 && mkdir -p /srv/data /srv/postgres \
 && chown 10001:10001 /srv/data /srv/postgres
