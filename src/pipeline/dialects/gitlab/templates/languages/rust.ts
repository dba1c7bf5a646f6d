export const rust = `# Builds and tests all crates of the workspace.
.rust:
  variables:
    CARGO_HOME: $CI_PROJECT_DIR/.cargo
  cache:
    key:
      files: [Cargo.lock]
    paths: [.cargo/registry, target]
  before_script:
    - cargo --version

rust-test:
  extends: .rust
  stage: test
  script:
    - cargo test --workspace
`
