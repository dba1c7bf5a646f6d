import { type Case, contained, fails, says } from './types.ts'

/** What jobs run, and what they find: scripts, variables, environments, coverage, images. */
const NUMBERS = Array.from({ length: 11 }, (_, n) => String(n + 1))

export const SCRIPTS: readonly Case[] = [
  {
    folder: 'after-script',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        'build-job': says('Build something', 'Cleanup after test'),
        'test-job': { log: ['Test something', 'Cleanup after test'], after: ['build-job'] },
        'deploy-job': { log: ['running', 'success'], silent: ['Cleanup'], after: ['test-job'] },
        'post-job': { ...fails('failed'), after: ['deploy-job'] },
      },
    },
  },
  {
    folder: 'ansi-sections',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says(/My Section Title/, 'inside section') },
    },
  },
  {
    folder: 'cli-option-variables',
    occasion: {
      var: ['CLI_VAR=hello world', 'CLI_VAR_DOT=dotdot', 'CLI_MULTILINE=This is a multi\nline text'],
    },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('hello world', 'dotdot', 'This is a multi', 'line text') },
    },
  },
  {
    folder: 'comment-directive-anchor',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        firstjob: says('first'),
        sourcemaps: says('sourcemaps'),
        'deploy to prod': says('deploy'),
        'build/image': says('build'),
        'quoted job': says('quoted'),
        'single quoted': says('single'),
        plainjob: says('test'),
      },
    },
  },
  {
    folder: 'coverage',
    doc: 'ci/testing/code_coverage: the last match counts; of a pattern with a group, the group',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test-job': { coverage: 78.46 },
        'import.meta.jest': { coverage: 97.91 },
        'pcre regex': { coverage: 100 },
      },
    },
  },
  {
    folder: 'custom-ca-cert',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-ca-cert': contained('alpine, and an option of gitlab-ci-local') },
    },
  },
  {
    folder: 'custom-home',
    // Without the variables of gitlab-ci-local's own home; what is not defined is empty, and cat finds no input.
    occasion: { var: ['GROUP_VAR=group-var-value', 'PROJECT_VAR=project-var-value'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test-staging': { log: ['group-var-value', 'project-var-value'], environment: 'staging' },
        'test-production': { log: ['group-var-value'], environment: 'production' },
        'test-image': {},
        'test-normalize-key': says('group-var-value', 'project-var-value'),
        'test-predefined-overwrite': says('push', /./),
        'build-job': { log: ['Build job'], after: ['test-predefined-overwrite'] },
      },
    },
  },
  {
    folder: 'dependency-proxy',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { job: says('1') } },
  },
  {
    folder: 'dotenv',
    file: 'doctor-strange.yml',
    occasion: { var: ['HELLO=world', 'SOME_ACTION=bargain'] },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': says('world', 'bargain') } },
  },
  {
    folder: 'extra-host',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test-job': contained('alpine, and an option of gitlab-ci-local'),
        'service-job': contained('alpine, and an option of gitlab-ci-local'),
      },
    },
  },
  {
    folder: 'force-shell-executor',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('Heya from default-image') },
    },
  },
  {
    folder: 'gcl-env-variable-split',
    occasion: { var: ['VAR1=one', 'VAR2=two', 'VAR3=three'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('one', 'two', 'three') },
    },
  },
  {
    folder: 'hang-forever',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      // Scripts have no input: a cat without a file ends at once.
      jobs: {
        'test-debian': says('File content'),
        'test-alpine': says('File content'),
        'test-shell': says('File content'),
      },
    },
  },
  {
    folder: 'image',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test job': contained('of a variable of gitlab-ci-local'),
        'test-entrypoint': contained('firecow/gitlab-ci-local-test-image'),
        'issue-890': contained('firecow/gitlab-ci-local-test-image'),
        'test-entrypoint-override': says('Test something'),
        'test-from-scratch': contained(
          'kaniko-project/executor, and executable.sh, which the corpus leaves out',
        ),
        'issue-206': contained('klakegg/hugo'),
        'image-user': contained('alpine'),
        'image-platform': contained('alpine'),
        'image-entrypoint-with-variables': says('success'),
      },
    },
  },
  {
    folder: 'image',
    file: '.gitlab-ci-invalid-image.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: { 'test-job': contained('that no registry has') },
    },
  },
  {
    folder: 'inherit',
    file: '.gitlab-ci-inherit-default.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'inherit-default-true': says('default before script', 'script', 'default after script'),
        'inherit-default-false': { log: ['script'], silent: ['default'] },
        'inherit-default-before_script_and_image': {
          log: ['default before script', 'script'],
          silent: ['after script'],
        },
      },
    },
  },
  {
    folder: 'inherit',
    file: '.gitlab-ci-inherit-variables.yml',
    outcome: {
      kind: 'runs',
      // There is none for grep to find in job1.
      pipeline: 'failed',
      jobs: {
        job1: { state: 'failed', silent: ['This is variable'] },
        job2: { log: [/GCL_TESTS_VAR. *=This is variable/], silent: ['variable 3'] },
      },
    },
  },
  {
    folder: 'log-timestamps',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: { 'build-job': says('test done'), 'failed-job': { ...fails(), after: ['build-job'] } },
    },
  },
  {
    folder: 'long-running-silent-build-job',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'build-job': says(...NUMBERS) } },
  },
  {
    folder: 'long-running-silent-test-job',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': says('Test something') } },
  },
  {
    folder: 'network-alias-build',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        'test-job': contained('alpine, and the network of its container'),
        'test-job-failure': contained('alpine, and the network of its container'),
      },
    },
  },
  {
    folder: 'project-ignores-file',
    doc: 'A runner has all files of the commit; what is ignored here is so for gitlab-ci-local alone',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': { log: [/^2$/] } },
    },
  },
  {
    folder: 'pull-policy',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { alpine: says('Hey hey') } },
  },
  {
    folder: 'remote-variables-file',
    occasion: { var: ['SOMEVARIABLE=some value'] },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': says('some value') } },
  },
  {
    folder: 'shell-executor-no-image',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('Heya from default-image') },
    },
  },
  {
    folder: 'umask',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'alpine-guest': contained('nginxinc/nginx-unprivileged, and script.sh, which the corpus leaves out'),
        'alpine-root': contained('nginx, and script.sh, which the corpus leaves out'),
        'kaniko-root': contained('kaniko-project/executor, and script.sh, which the corpus leaves out'),
      },
    },
  },
  {
    folder: 'variable-escaping',
    doc: 'ci/variables#prevent-cicd-variable-expansion: $$ is a dollar',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test $ character in CI/CD variable': says('ls "-al" $TMP_DIR') },
    },
  },
  {
    folder: 'variable-expansion',
    doc: 'ci/variables/where_variables_can_be_used: GitLab expands values, and the runner what it gets',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test ${URL_${ENV}}': says('url-dev'),
        'test ${${ENV}_URL}': says('dev-url'),
        "docker-executor variables with '": says("docker-executor variables with '"),
        "docker-executor services variables with '": says("docker-executor services variables with '"),
      },
    },
  },
  {
    folder: 'variable-expansion',
    file: '.gitlab-ci-1.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { job: { log: ['deploy staging'], environment: 'review/test/deploy' } },
    },
  },
  {
    folder: 'variable-expansion',
    file: '.gitlab-ci-2.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { job: { log: ['test'], environment: 'test' } },
    },
  },
  {
    folder: 'variable-expansion',
    file: '.gitlab-ci-3.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { job: {}, job2: { log: ['latest'], after: ['job'] } },
    },
  },
  {
    folder: 'variable-expansion',
    file: '.gitlab-ci-4.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        job: says('1', '2 $DEFAULT_VAR_1', '3 1', '4 1', '1', '2 $JOB_VAR_1', '3 1', '4 1'),
      },
    },
  },
]
