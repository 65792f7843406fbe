// Builds the styles and scripts of the pages into pointsvc/static, with a digest in each name so that
// browsers may keep them for ever. manifest.json tells the templates which name is the present one.
import { build } from "esbuild";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static");
const fresh = `${target}.new`;

await rm(fresh, { recursive: true, force: true });
await mkdir(join(fresh, "swagger-ui"), { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: [
    "css/app.css",
    "css/slip.css",
    "css/wall.css",
    "js/app.js",
    "js/api-docs.js",
    "js/chart.js",
    "js/draw.js",
    "js/verify.js",
  ],
  outdir: fresh,
  bundle: true,
  minify: true,
  sourcemap: false,
  metafile: true,
  format: "iife",
  target: ["chrome90", "edge90", "firefox88", "safari15"],
  entryNames: "[name]-[hash]",
  assetNames: "files/[name]-[hash]",
  loader: { ".svg": "file", ".woff2": "file", ".png": "file" },
  legalComments: "none",
  logLevel: "warning",
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint) {
    manifest[basename(output.entryPoint)] = relative(fresh, join(here, path));
  }
}
await writeFile(join(fresh, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");

for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]) {
  await cp(join(here, "node_modules", "swagger-ui-dist", name), join(fresh, "swagger-ui", name));
}

// A running service sees either all old files or all new ones.
await rm(target, { recursive: true, force: true });
await rename(fresh, target);
