import type { PickleNode } from '../../pickle/types.ts'

/**
 * Names that Python looks up on the object itself, or that replace what it is: set by a state, the next step of the
 * loader calls what the state put there.
 */
const REDIRECTING: ReadonlySet<string> = new Set(
  (
    '__setstate__ __reduce__ __reduce_ex__ __class__ __getattr__ __getattribute__ __setattr__ __delattr__ __call__ ' +
    '__init__ __new__ __del__ __dict__ __bases__ __mro__ __globals__ __builtins__ __code__ __closure__ __defaults__ ' +
    '__kwdefaults__ __getstate__ __getnewargs__ __getnewargs_ex__ __subclasshook__ __import__ __loader__ __path__ ' +
    '__spec__ __file__ __array__ __array_interface__ __array_ufunc__ __array_function__ __torch_function__ ' +
    '__enter__ __exit__ __iter__ __next__ __get__ __set__ __index__ __hash__ __eq__ __copy__ __deepcopy__ ' +
    '__missing__ __getitem__ __setitem__ __contains__ __len__ __repr__ __str__ __format__ __fspath__'
  ).split(' '),
)
/** Names that are data. */
const HARMLESS: ReadonlySet<string> = new Set(
  '__name__ __doc__ __module__ __qualname__ __version__ __orig_class__ __sklearn_tags__ __annotations__'.split(
    ' ',
  ),
)

export interface SpecialKey {
  readonly key: string
  readonly redirects: boolean
}

/** Keys of a state (a dict, or a pair of dicts for attributes and slots) that mean more than data. */
export function specialKeys(state: PickleNode, known: Map<PickleNode, SpecialKey[]>): SpecialKey[] {
  return dictsOf(state).flatMap(dict => {
    // One dictionary may be the state of a million objects.
    let keys = known.get(dict)
    if (!keys) {
      keys = keysOf(dict)
      known.set(dict, keys)
    }
    return keys
  })
}

function keysOf(dict: Entries): SpecialKey[] {
  const found: SpecialKey[] = []
  for (const [key] of dict.entries) {
    // `str('__class__')`: what it names can't be told. Libraries write names as they stand.
    if (key.kind === 'call' || (key.kind === 'text' && key.whole))
      found.push({ key: 'a computed name', redirects: false })
    if (key.kind !== 'text' || !key.value.startsWith('__') || !key.value.endsWith('__')) continue
    if (key.value.length < 5 || HARMLESS.has(key.value)) continue
    found.push({ key: key.value, redirects: REDIRECTING.has(key.value) })
  }
  return found
}

type Entries = Pick<Extract<PickleNode, { kind: 'dict' }>, 'entries'>

/** A dictionary as it stands, or one that a call makes (OrderedDict) and that elements are put into. */
function dictsOf(state: PickleNode): (PickleNode & Entries)[] {
  const parts = state.kind === 'tuple' && state.items.length === 2 ? state.items : [state]
  return parts.filter(part => part.kind === 'dict' || part.kind === 'call')
}
