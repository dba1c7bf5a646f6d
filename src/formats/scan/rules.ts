/** Raised with every change of the rules or tables that can change a verdict. */
export const RULES_VERSION = '1.1'

export interface RuleText {
  /** A line for lists. */
  readonly title: string
  /** Why what it finds is dangerous, and what to do. */
  readonly why: string
}

const rule = (title: string, why: string): RuleText => ({ title, why })

/** Every rule by its id. Ids are stable: people write them into exceptions. */
export const RULES = {
  'pickle/dangerous-global': rule(
    'A pickle imports something dangerous',
    'Loading the file imports it, and most often calls it: that runs programs or code, reads or writes files, or opens the way to all of that. No model needs it.',
  ),
  'pickle/dangerous-call': rule(
    'A pickle calls something dangerous',
    'Loading the file runs it, before any of your code sees the result. Do not load the file; take the model from somebody you trust, as safetensors or ONNX.',
  ),
  'pickle/standard-call': rule(
    'A pickle calls a function of the standard library that models do not need',
    'Only constructors of data are vouched for. Functions of the standard library beyond them are how attacks are built.',
  ),
  'pickle/code-argument': rule(
    'A pickle passes code, a command or an address to a call',
    'A call that is not vouched for gets text that reads as program code, a shell command or a URL.',
  ),
  'pickle/unknown-global': rule(
    'A pickle needs a class or function that no rule vouches for',
    'Loading imports the module and may call what is in it: its code decides what happens. Look at the code, then accept the finding, or store weights alone (safetensors, a state dict).',
  ),
  'pickle/unexpected-call': rule(
    'A pickle uses a known class or function in an unknown way',
    'Libraries write this call with other arguments. What it does with these was not looked at.',
  ),
  'pickle/computed-callee': rule(
    'A pickle calls what another call returned',
    'Nobody can tell from the file what is called; no library writes such a pickle.',
  ),
  'pickle/computed-name': rule(
    'A pickle imports a name that it computes',
    'The name of what is imported is made while loading, to hide it from scanners.',
  ),
  'pickle/changes-global': rule(
    'A pickle changes a class, function or module',
    'Loading it replaces attributes of what the whole process uses: methods, builtins, import paths.',
  ),
  'pickle/special-attribute': rule(
    'A pickle sets an attribute with a special meaning',
    'Attributes such as __setstate__, __reduce__ or __class__ on an object redirect what a later step calls.',
  ),
  'pickle/executed-state': rule(
    'A pickle gives a class a state that the class executes',
    'The class runs a text of its state as code when it is loaded.',
  ),
  'pickle/function-as-value': rule(
    'A pickle keeps a loading function as a value',
    'A function that is vouched for with certain arguments only is kept, to be called later with others.',
  ),
  'pickle/persistent-id': rule(
    'A pickle leaves an object to its loader',
    'What the id stands for is decided by the loading program. PyTorch’s storages are known; this is none.',
  ),
  'pickle/extension': rule(
    'A pickle imports by a number',
    'The number stands for an entry of the loader’s own registry: what it is can’t be told from the file.',
  ),
  'pickle/ambiguous': rule(
    'Loaders read different things in this pickle',
    'Its frames do not fit its opcodes: the C and the Python unpickler go on at different places.',
  ),
  'pickle/malformed': rule(
    'A pickle breaks off',
    'A loader executes everything up to the fault. Broken pickles are a way around scanners that stop at errors.',
  ),
  'pickle/external-file': rule(
    'A pickle reads another file',
    'An array of an old joblib file lies in a file of its own, whose name must not lead out of the folder.',
  ),
  'content/bytecode': rule(
    'Python bytecode',
    'Compiled Python code, ready to be executed; data has no use for it.',
  ),
  'content/program': rule(
    'A program or native library',
    'Machine code beside or within a model. Loading a model needs none; custom operators come with code of their own.',
  ),
  'content/script': rule(
    'A script',
    'A shell script or batch file beside a model; something must run it to do harm.',
  ),
  'content/python': rule(
    'Python source beside a model',
    'Loaders that are told to trust remote code import it. Look at it before you do.',
  ),
  'content/opaque-archive': rule(
    'An archive that can’t be looked into',
    'Scanners do not see what is in it, and that is how malicious models were hidden (nullifAI used 7z).',
  ),
  'content/unrecognised': rule(
    'Content of no known format',
    'Nothing vouches for a file that no rule can read.',
  ),
  'content/pickle-in-disguise': rule(
    'A pickle under another name',
    'The file’s name says something else than its content, which a loader of pickles executes.',
  ),
  'content/malformed': rule(
    'A file that breaks off or contradicts itself',
    'What could be read was scanned; the rest was not.',
  ),
  'content/limit': rule(
    'A limit of the scan',
    'The file goes deeper, or is larger, than what is scanned. What was not looked at is not safe.',
  ),
  'archive/disagreement': rule(
    'An archive that readers read differently',
    'Local headers and the directory name different entries, sizes, methods or flags: a scanner sees another file than a loader.',
  ),
  'archive/duplicate': rule(
    'An archive with two entries of one name',
    'Which of them a loader takes differs; a scanner may see the other.',
  ),
  'archive/hidden-entry': rule(
    'An archive with content that its directory does not list',
    'Some readers go by local headers, or find a second archive: the content is there for them.',
  ),
  'archive/path': rule(
    'An archive whose entry leads out of its folder',
    'Unpacking it writes files anywhere: over programs, settings or keys.',
  ),
  'archive/link': rule(
    'An archive with a link',
    'Unpacking a link and then writing through it reaches any file.',
  ),
  'archive/encrypted': rule('An encrypted entry', 'What is in it can’t be looked at.'),
  'archive/checksum': rule(
    'A wrong checksum',
    'The content is not what was stored. PyTorch loads it all the same; strict readers, scanners among them, stop.',
  ),
  'archive/bomb': rule('An archive that expands beyond all measure', 'Unpacking fills memory or disk.'),
  'archive/method': rule('A compression that is not read', 'What is in the entry can’t be looked at.'),
  'archive/malformed': rule(
    'An archive with a fault',
    'Strict readers refuse it, lenient ones do not: they see different things.',
  ),
  'keras/bytecode': rule(
    'A Keras layer with Python bytecode',
    'Loading the model with safe mode off, or with Keras before 2.13, runs the code (CVE-2024-3660). Replace Lambda layers by layers.',
  ),
  'keras/dangerous-object': rule(
    'A Keras configuration names a dangerous module or function',
    'Loading imports and calls what the configuration names (CVE-2025-1550 and its like).',
  ),
  'keras/unknown-object': rule(
    'A Keras configuration needs a class or function of its own',
    'Its code is not in the file; loading imports it by name.',
  ),
  'keras/file': rule(
    'A Keras configuration names a file or an address',
    'Layers with vocabularies or weights read them when loaded: local files, or from the network.',
  ),
  'hdf5/external': rule(
    'An HDF5 file that reads other files',
    'External links, external storage and virtual data sets bring in whatever lies at their path on the loading machine.',
  ),
  'hdf5/filter': rule('An HDF5 filter that is loaded at run time', 'Reading it loads a native plug-in.'),
  'tensorflow/side-effect': rule(
    'A TensorFlow operation that acts outside the graph',
    'It reads or writes files, calls Python or reaches the network when the model runs, or when it is loaded.',
  ),
  'tensorflow/unknown-op': rule(
    'A TensorFlow operation that is not known',
    'It comes with a native library; what it does can’t be told from the file.',
  ),
  'tflite/custom-op': rule(
    'A TensorFlow Lite operation of its own',
    'The runtime calls native code that is registered for it.',
  ),
  'onnx/external-path': rule(
    'An ONNX model that names a file outside its folder',
    'A runtime reads it as weights: keys and passwords end up in a model’s outputs, devices hang it.',
  ),
  'onnx/custom-op': rule(
    'An ONNX operator of its own',
    'The runtime must load a native library for it, or refuse the model.',
  ),
  'onnx/python-op': rule(
    'An ONNX operator that runs Python',
    'The runtime calls a Python function by its name.',
  ),
  'torchscript/operator': rule(
    'A TorchScript operator that acts outside the model',
    'It reads or writes files or calls out when the model runs.',
  ),
  'torchscript/expression': rule(
    'An exported program with an expression that is more than numbers',
    'Loading a .pt2 file gives expressions of shapes to sympy, which evaluates them as Python.',
  ),
  'safetensors/header': rule(
    'A safetensors file that is not as the format demands',
    'Overlapping, missing or hidden ranges, or a header beyond all measure: parsers disagree or fall over.',
  ),
  'template/escape': rule(
    'A template that reaches beyond its data',
    'Rendered without a sandbox it runs any Python code (CVE-2024-34359 and its like).',
  ),
  'template/unknown': rule(
    'A template with something that no rule vouches for',
    'Chat templates of models loop, compare and join texts. This one does something else.',
  ),
  'template/expansion': rule(
    'A template that expands without measure',
    'Rendering it fills memory or never ends.',
  ),
  'config/remote-code': rule(
    'A configuration that asks for code of the model’s repository',
    'With trust_remote_code, loading imports and runs that Python file.',
  ),
  'config/python-tag': rule(
    'A YAML file that makes Python objects',
    'Loaders that are not told to be safe call what the tag names.',
  ),
  'config/outside-path': rule(
    'A configuration names a file outside its folder',
    'A loader opens it: an index of weights has its files beside it.',
  ),
  'config/import': rule(
    'A configuration names code to import',
    'A loader imports the module, or calls what is named: hydra’s _target_, MLflow’s loader_module.',
  ),
  'config/entity': rule(
    'An XML file that defines entities',
    'Parsers that resolve them read local files or addresses, or expand without measure.',
  ),
  'secret/private-key': rule(
    'A private key',
    'Whoever has the file can use the key. Revoke it, and leave it out.',
  ),
  'secret/token': rule(
    'An access token',
    'Whoever has the file can use the token. Revoke it, and leave it out.',
  ),
  'secret/password': rule('A password', 'Whoever has the file can use it. Change it, and leave it out.'),
  'file/pointer': rule('A Git LFS pointer', 'The file itself was not fetched: there is nothing to scan.'),
} as const satisfies Readonly<Record<string, RuleText>>

export type Rule = keyof typeof RULES
