import { expect, test } from 'vitest'
import { mayControl } from './may.ts'

test.each([
  { scopes: ['read', 'deploy'], admin: false, role: 'maintainer', may: true },
  { scopes: ['read', 'deploy'], admin: false, role: 'admin', may: true },
  { scopes: ['read', 'deploy'], admin: true, role: null, may: true },
  { scopes: ['read', 'deploy'], admin: false, role: 'developer', may: false },
  { scopes: ['read', 'deploy'], admin: false, role: 'reader', may: false },
  { scopes: ['read'], admin: true, role: 'admin', may: false },
])(
  'a token of $scopes in the hands of a $role (admin: $admin) steers rollouts: $may',
  ({ may, role, ...of }) => {
    expect(mayControl(of, role)).toBe(may)
  },
)
