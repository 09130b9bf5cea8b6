import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where what others watch a server with is. */
export const OPS = fileURLToPath(new URL('../../ops', import.meta.url));

/** What a panel of the dashboard asks Prometheus for. */
export interface Query {
  readonly panel: string;
  readonly expr: string;
}

/** Every query of the dashboard's panels, as it stands there. */
export function dashboardQueries(): Query[] {
  const { panels } = JSON.parse(readFileSync(`${OPS}/grafana/dashboard.json`, 'utf8')) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  return panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ panel: title, expr })));
}
