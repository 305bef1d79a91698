// What the command runs from: to find and to open eight hundred small modules took a third of what `status` takes. The
// entry that the compiler has written is replaced, so after `tsc` alone the command runs from that one's modules, and
// the two are never out of step.

/** Packages of many small files. Of the others some find files of their own, and few would be any faster. */
const TAKEN_IN = /^(commander|pg|pg-(?!native)[a-z-]+|pgpass|postgres-[a-z]+|split2|xtend|yaml|zod)(\/|$)/
/** Ink, with all that it loads: to find and to open it took a fifth of the time until the screen is there. */
const INK =
  /^(ink|react|react-reconciler|scheduler|yoga-layout|@alcalzone\/ansi-tokenize|ansi-[a-z]+|auto-bind|chalk|cli-[a-z]+|code-excerpt|convert-to-spaces|environment|es-toolkit|escape-string-regexp|get-east-asian-width|indent-string|is-fullwidth-code-point|is-in-ci|mimic-function|onetime|patch-console|quick-lru|restore-cursor|signal-exit|slice-ansi|stack-utils|string-width|strip-ansi|terminal-size|widest-line|wrap-ansi)(\/|$)/

/** @satisfies {import('rolldown').RolldownOptions} */
const config = {
  input: { 'cli/main': 'src/cli/main.ts', 'bundle/alarm-thread': 'src/log/alarm-thread.ts' },
  platform: 'node',
  external: (id) => /^[a-z@]/.test(id) && !TAKEN_IN.test(id) && !INK.test(id),
  // React's other build is for those who look for mistakes.
  transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  // As deep as what it replaces: `cli/package.ts` finds the package's root from there.
  output: { dir: 'dist', entryFileNames: '[name].js', chunkFileNames: 'bundle/[name].js', sourcemap: true },
}

export default config
