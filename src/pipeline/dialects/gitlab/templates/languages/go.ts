export const go = `# Vets, tests and builds all packages.
.go:
  variables:
    GOMODCACHE: $CI_PROJECT_DIR/.go/mod
    GOCACHE: $CI_PROJECT_DIR/.go/build
    GOFLAGS: -modcacherw
  cache:
    key:
      files: [go.sum]
    paths: [.go]
  before_script:
    - go version

go-test:
  extends: .go
  stage: test
  script:
    - go vet ./...
    - go test ./...

go-build:
  extends: .go
  stage: build
  script:
    - go build ./...
`
