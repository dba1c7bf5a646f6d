export const bash = `# Checks the syntax of every shell script of the repository, and runs test.sh where there is one.
bash-syntax:
  stage: test
  script:
    - |
      git ls-files -z -- '*.sh' | while IFS= read -r -d '' script; do
        bash -n "$script" && echo "$script: fine"
      done

bash-test:
  stage: test
  rules:
    - exists: [test.sh]
  script:
    - bash test.sh
`
