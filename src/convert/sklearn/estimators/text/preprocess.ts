import type { Emitter, Value } from '../../../graph/types.ts'
import type { EstimatorCall, Fitted } from '../../estimator.ts'
import { type Folding, replacementsOf } from './letters/fold.ts'
import { replaced } from './letters/replace.ts'
import { withLowerSigma } from './letters/sigma.ts'
import { refuseFunction } from './refuse.ts'
import { TEXTS, texts } from './types.ts'

/** Texts [N] of the call's one column, lower-cased and without accents as far as the vocabulary can tell the difference. */
export async function preprocessed(
  { estimator, emitter, input }: EstimatorCall,
  vocabulary: Iterable<string>,
): Promise<Value> {
  const documents = emitter.op('Reshape', [input.texts(emitter), emitter.ints([-1])], texts(TEXTS))
  const alphabet = new Set<string>()
  for (const term of vocabulary) for (const letter of term) alphabet.add(letter)
  return folded(emitter, documents, foldingOf(estimator), alphabet)
}

async function folded(
  emitter: Emitter,
  documents: Value,
  folding: Folding,
  alphabet: ReadonlySet<string>,
): Promise<Value> {
  if (!folding.lowercase && folding.accents === undefined) return documents
  const { others, none } = replacementsOf(folding, alphabet)
  const greek = folding.lowercase && folding.accents !== 'ascii' && (alphabet.has('σ') || alphabet.has('ς'))
  if (!greek) return replaced(emitter, documents, { others, none })
  const rest = new Map([...others].filter(([from]) => from !== 'Σ'))
  return replaced(emitter, await withLowerSigma(emitter, documents), { others: rest, none })
}

function foldingOf(estimator: Fitted): Folding {
  refuseFunction(estimator, 'preprocessor')
  const accents = estimator.isNone('strip_accents')
    ? undefined
    : estimator.choice('strip_accents', ['unicode', 'ascii'])
  return { lowercase: estimator.bool('lowercase', true), accents }
}
