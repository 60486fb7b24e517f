"""What a person wrote of docs/configuration.md about layers and sweeps, which are read before any struct is."""

from engine.config.schema import ENVIRONMENTS

_BLOCKS = ", ".join(f"`{name}`" for name in ENVIRONMENTS)

LAYERS = f"""\
What a config says comes in layers; where two say different things, the later wins:

1. the files under `extends`, a path or a list of paths; each may extend others, and a file that two extend counts once
2. the file itself
3. the block of the environment
4. `--set` on the command line

Mappings are merged key by key. Lists are replaced as a whole, `containers` too: a file that lists containers leaves none of
those it extends. A path, of a file to extend or of data, starts at the folder of the file in which it stands; code of your
own is imported from the folder of the config you name.

```yaml
extends: shared/base.yaml
environment: development
trace_settings: {{events_to_trace: [FILL]}}
development:
  trace_settings: {{retention_policy: all}}   # FILL is still what is traced
```

A block is a mapping at the top level called {_BLOCKS}, or a name of your own listed under `environments`. It may hold any
top-level key but `environment`, `environments` and `extends`. Blocks that are not chosen are checked too. A built-in
environment needs no block, one of your own does. `--env NAME` chooses whatever the file says.

### `--set a.b.c=value`

The value is one YAML value: `5`, `text`, `[a, b]`, `{{key: value}}`; an empty one is null. Quote it for your shell. Items of lists go
by number from 0, containers by number or id.

    admf run configs/quickstart.yaml --overwrite --set seed=7 --set containers.portfolio_hold.cash=5000 --set 'trace_settings.default={{enabled: true}}'

Of a container with a sweep, the id as it is written, `'containers.portfolio_{{fast}}.cash=5'`, means every copy, and the id of
one copy, `containers.portfolio_10.cash=5`, means that one; the copy wins. Names with dots are found: the longest name that is
there counts. A mistake is reported with the option as its place.

### Variables

`${{NAME}}` in a value stands for a variable of the process, `${{NAME:-default}}` for the default where it is not set or empty,
`$${{` for `${{` itself. Keys are taken literally. A variable without a default must be set wherever its value counts, but not
in blocks that are not chosen. What it holds is text: it is read as the key's type, quoted or not, and never as YAML. Inside
`{{ }}` YAML itself wants quotes: `{{path: "${{DATA}}/bars.csv"}}`. For parameters of your own code, which have no type, quotes
keep it text.
"""

SWEEPS = """\
```yaml
- id: "portfolio_{fast}_{slow}"
  type: portfolio
  inputs: [data_x]
  sweep:
    fast: {range: {from: 5, to: 20, step: 5}}   # 5, 10, 15, 20: both ends; step is 1 if not given
    slow: [50, 100, 200]
    where: "fast * 4 < slow"
  features:
    fast: {indicator: SMA, timeperiod: "{fast}"}
    slow: {indicator: SMA, timeperiod: "{slow}"}
  strategy: {name: crossover, fast: fast, slow: slow}
```

Every combination that meets `where` becomes a container, the last parameter changing fastest; at most 1,000,000
combinations and 100,000 containers. Each parameter belongs in the id, or two containers would share it. A value that is
exactly `"{fast}"` is read as the key's own type; inside a longer text it is pasted in. Ranges count in decimals: 0.1, 0.2,
0.3. The values stand as `parameters` in the metrics.json of each copy ([analysis](analysis.md#parameters-of-a-sweep)). `where` knows parameters, numbers, quoted texts, `< <= > >= == !=`, `and or not`, `+ - * /`, parentheses.

| key of `sweep` | takes | makes |
|---|---|---|
| a parameter | a list, or `{range: {from, to, step}}` | every value with every combination of the others |
| `zip` | parameters with lists or ranges of one length | their first values together, then their second, and so on; a value may come again, but no two of these points may be the same |
| `random` | `{samples, seed}` | so many different combinations of the drawn parameters, by chance |
| `sobol` | `{samples}` | the same, spread evenly: the first points of the Sobol sequence that differ, up to 21 parameters |
| `where` | a condition | leaves out what does not meet it, however it came about |

With `random` or `sobol`, at most 100,000 samples, parameters may be drawn:

| a drawn parameter | draws |
|---|---|
| `{uniform: {from, to}}` | a number, rounded to a millionth of the range or finer |
| `{loguniform: {from, to}}` | a number above 0, its logarithm uniform, to 7 digits |
| `{integers: {from, to}}` | a whole number, both ends included |
| `{choice: [...]}` | one of a list, or of a `{range: ...}` |

```yaml
sweep:
  random: {samples: 100}
  fast: {integers: {from: 5, to: 40}}
  stop: {loguniform: {from: 0.001, to: 0.1}}
  symbol: [A, B]                               # each of the 100 with A and with B
```

Chance starts at the run's `seed`, the container's id as it is written, and the parameter's name; a `seed` under `random`
replaces the first two. More samples begin with the same ones.
"""
