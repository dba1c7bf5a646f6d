export const nodejs = `# Installs packages as the lock file has them, builds where there is a build script, and runs the tests.
.nodejs:
  variables:
    npm_config_cache: $CI_PROJECT_DIR/.npm
  cache:
    key:
      files: [package-lock.json]
    paths: [.npm]
  before_script:
    - node --version
    - if [ -f package-lock.json ]; then npm ci; else npm install; fi

nodejs-test:
  extends: .nodejs
  stage: test
  script:
    - npm run build --if-present
    - npm test
`
