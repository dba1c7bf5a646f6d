import { expect, test } from 'vitest'
import { readForm } from './forms.ts'

const URLENCODED = 'application/x-www-form-urlencoded'
const read = (text: string, type = URLENCODED) => readForm(Buffer.from(text), type)

test.each([
  ['', {}],
  ['token=a&ref=main', { token: 'a', ref: 'main' }],
  ['variables[A]=1&variables[B]=x%20y+z', { variables: { A: '1', B: 'x y z' } }],
  ['variables%5BA%5D=%E2%9C%93', { variables: { A: '✓' } }],
  ['constructor=x&toString=y', { constructor: 'x', toString: 'y' }],
])('%s', async (text, fields) => {
  const form = (await read(text)) as object
  expect(Object.fromEntries(Object.entries(form))).toEqual(fields)
  expect(Object.getPrototypeOf(form)).toBeNull()
})

test.each([
  'a=1&a=2',
  'a[x]=1&a=2',
  'a=1&a[x]=2',
  'a[x][y]=1',
  'a[=1',
  'a]=1',
  'a[]=1',
  '__proto__=1',
  '__proto__[x]=1',
  'a[__proto__]=1',
  `${'a[x'.repeat(100)}=1`,
  Array.from({ length: 501 }, (_, n) => `f${n}=1`).join('&'),
])('%.40s is refused', async text => {
  await expect(read(text)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
})

test('a form with parts is read, and a file in it refused', async () => {
  const part = (head: string, value: string) =>
    `--X\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`
  const type = 'multipart/form-data; boundary=X'
  const form = await read(`${part('name="variables[A]"', '1')}--X--\r\n`, type)
  expect(form).toEqual({ variables: { A: '1' } })
  for (const broken of [`${part('name="a"; filename="f"', '1')}--X--\r\n`, part('name="a"', '1'), 'nothing'])
    await expect(read(broken, type)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
})
