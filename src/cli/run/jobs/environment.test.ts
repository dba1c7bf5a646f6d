import { describe, expect, test, vi } from 'vitest'
import { aJob } from '../testing.ts'
import { hostEnvironment, type Layers, layered } from './environment.ts'

describe('of the shell', () => {
  const own = { PATH: '/bin', LC_ALL: 'C', HTTPS_PROXY: 'http://proxy', AWS_SECRET: 'x', CI_TOKEN: 'y' }

  test('a job gets what it needs to find its way, and no secret', () => {
    const found = hostEnvironment(own, [])
    expect(found).toMatchObject({
      PATH: '/bin',
      LC_ALL: 'C',
      HTTPS_PROXY: 'http://proxy',
      HOME: expect.any(String),
    })
    expect(found).not.toHaveProperty('AWS_SECRET')
    expect(found).not.toHaveProperty('CI_TOKEN')
  })

  test('and what was named', () => {
    expect(hostEnvironment(own, ['AWS_SECRET'])).toMatchObject({ AWS_SECRET: 'x' })
  })
})

describe('variables', () => {
  const aLayer = (changes: Partial<Layers> = {}): Layers => ({
    plan: aJob('a', { env: { A: 'job', B: 'job', C: 'job', D: 'job' }, expand: true }),
    predefined: { A: 'predefined', P: 'cost $A' },
    dotenv: { B: 'dotenv', C: 'dotenv', D: 'dotenv' },
    secrets: { C: 'secret', D: 'secret' },
    given: { D: 'given' },
    ...changes,
  })

  test('of later layers outrank those of earlier ones', () => {
    expect(layered(aLayer(), variables => variables)).toEqual({
      A: 'job',
      B: 'dotenv',
      C: 'secret',
      D: 'given',
      P: 'cost $A',
    })
  })

  test('that refer to none are not expanded at all', () => {
    const expand = vi.fn()
    layered(aLayer(), expand)
    expect(expand).not.toHaveBeenCalled()
  })

  test('of files and people are expanded, what is defined for the job is not', () => {
    let literal: ReadonlySet<string> | undefined
    layered(aLayer({ given: { G: '$A' } }), (variables, kept) => {
      literal = kept
      return variables
    })
    expect([...literal!].sort()).toEqual(['B', 'C', 'D', 'P'])
  })

  test('of a job that does not expand stay as they are', () => {
    const plan = aJob('a', { env: { A: '$B' } })
    expect(layered(aLayer({ plan }), () => ({}))['A']).toBe('$B')
  })
})
