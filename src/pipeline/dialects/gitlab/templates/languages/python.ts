export const python = `# Installs what requirements.txt or pyproject.toml asks for, and runs the tests.
.python:
  variables:
    PIP_CACHE_DIR: $CI_PROJECT_DIR/.cache/pip
    PIP_DISABLE_PIP_VERSION_CHECK: "1"
  cache:
    key: python
    paths: [.cache/pip]
  before_script:
    - python3 --version
    - python3 -m venv .venv
    - . .venv/bin/activate
    - if [ -f requirements.txt ]; then pip install -r requirements.txt; fi
    - if [ -f pyproject.toml ] || [ -f setup.py ]; then pip install .; fi

python-test:
  extends: .python
  stage: test
  script:
    - pip install pytest
    - python -m pytest --junitxml=report.xml
  artifacts:
    when: always
    reports:
      junit: report.xml
`
