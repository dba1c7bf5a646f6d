import { expect, test } from 'vitest'
import { hostNames } from './images.ts'

test.each([
  ['postgres', ['postgres']],
  ['postgres:16-alpine', ['postgres']],
  ['tutum/wordpress:latest', ['tutum__wordpress', 'tutum-wordpress']],
  ['registry.example.com/my/db@sha256:abc', ['registry.example.com__my__db', 'registry.example.com-my-db']],
  ['localhost:5000/postgres:9', ['localhost__postgres', 'localhost-postgres']],
  ['', []],
])('a service %j is reached by %j', (image, names) => {
  expect(hostNames(image)).toEqual(names)
})
