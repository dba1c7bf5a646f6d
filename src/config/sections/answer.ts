import { present } from '../../core/index.ts'
import { type AnswerRule, MAX_TABLE_COLUMNS, SCORE_RULES } from '../../model/index.ts'
import { list, optional, struct } from '../reader/composites.ts'
import { type Reader, refine } from '../reader/reader.ts'
import { choice, integer, number, text } from '../reader/scalars.ts'

/** More classes than this are no list that anybody reads. */
const MAX_TOP = 1000
const MAX_NAME = 200
const MAX_OUTPUTS = 256

const name = text({ expected: 'a name', maxLength: MAX_NAME })

export const answer: Reader<AnswerRule> = refine(
  struct({
    what: 'answer',
    fields: {
      scores: optional(choice(SCORE_RULES), 'how an output becomes scores; default: auto'),
      top_k: optional(integer(1, MAX_TOP), 'how many of the best classes are listed; default: 5'),
      classes: optional(
        choice(['one', 'many']),
        'whether an example has one class or any number; default: one',
      ),
      threshold: optional(
        number({ above: 0, atMost: 1, expected: 'a number above 0, at most 1' }),
        'the score from which a class counts: of many, or the second of two; default: 0.5',
      ),
      names: optional(list(name, { min: 1, max: MAX_TABLE_COLUMNS }), "of a regression's values, in order"),
      outputs: optional(list(name, { min: 1, max: MAX_OUTPUTS }), 'outputs that are told beside the answer'),
    },
  }),
  ({ top_k, ...rest }): AnswerRule => present({ ...rest, topK: top_k }),
)
