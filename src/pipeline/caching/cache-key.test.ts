import { expect, test } from 'vitest'
import { keyFilesIn } from './cache-key.ts'

const PATHS = ['package.json', 'web/package.json', 'web/ui/package.json', 'go.sum', '$LOCK']

// https://docs.gitlab.com/ci/yaml/#cachekeyfiles
test.each([
  { files: ['go.sum', './package.json'], found: ['package.json', 'go.sum'] },
  { files: ['/go.sum'], found: ['go.sum'] },
  { files: ['missing.lock'], found: [] },
  { files: ['*.json'], found: ['package.json'] },
  { files: ['**/package.json'], found: ['web/package.json', 'web/ui/package.json'] },
  { files: ['*/package.json', 'go.sum'], found: ['web/package.json', 'go.sum'] },
  { files: ['$LOCK'], found: ['$LOCK'] },
  { files: ['$CI_PROJECT_DIR/go.sum'], found: [] },
  { files: ["go'"], found: [] },
])('the key of $files goes by $found', ({ files, found }) => {
  expect(keyFilesIn(files, PATHS)).toEqual(found)
})
