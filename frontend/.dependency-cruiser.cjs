// Import directions: app -> pages -> ui -> (api | live | session) -> domain -> contracts. Each may skip floors, none may climb.
const floors = [['app'], ['pages'], ['ui'], ['live'], ['api'], ['session'], ['domain'], ['contracts']]

const climbs = floors.flatMap((names, floor) => {
  const above = floors.slice(0, floor).flat()
  if (above.length === 0) return []
  return names.map((name) => ({
    name: `${name}-imports-downwards`,
    severity: 'error',
    from: { path: `^src/${name}/` },
    to: { path: `^src/(${above.join('|')})/` },
  }))
})

module.exports = {
  forbidden: [
    ...climbs,
    {
      name: 'no-cycle',
      comment: 'Two modules that need each other are one module, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pages-stand-alone',
      comment: 'What two pages share lives in src/ui or below, so that each page loads on its own.',
      severity: 'error',
      from: { path: '^src/pages/([^/]+)/' },
      to: { path: '^src/pages/([^/]+)/', pathNot: '^src/pages/$1/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'No React, no network, no library with state.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '\\.test\\.tsx?$' },
      to: { pathNot: '^src/(domain|contracts)/' },
    },
    {
      name: 'pages-are-lazy',
      comment: 'A static import would put the page into the initial load.',
      severity: 'error',
      from: { path: '^src/app/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^src/pages/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
}
