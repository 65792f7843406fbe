// Draws the charts of a page: each stands beside its own table, so that nothing is only in the picture.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, GridComponent, MarkLineComponent, LabelLayout, CanvasRenderer]);

// The page's own tokens, as they are for this theme and type size.
function tokens() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour("ink"),
    soft: colour("ink-soft"),
    hairline: colour("hairline"),
    red: colour("red"),
    fill: colour("bar-fill"),
    shade: colour("shade"),
    face: getComputedStyle(document.body).fontFamily,
    size: parseFloat(style.fontSize) * 0.82,
  };
}

const share = (unit) => (value) => `${value}${unit}`;

function axes(t) {
  const label = { color: t.soft, fontSize: t.size, fontFamily: t.face };
  return {
    label,
    names: (data, more = {}) => ({
      type: "category",
      data,
      axisLabel: { ...label, color: t.ink, ...more },
      axisLine: { lineStyle: { color: t.soft } },
      axisTick: { show: false },
    }),
    numbers: (max, more = {}) => ({
      type: "value",
      max: max ?? undefined,
      axisLabel: { ...label, ...more },
      splitLine: { lineStyle: { color: t.hairline } },
    }),
  };
}

const DRAWINGS = {
  line(given, t, a) {
    const lines = given.levels.map((level) => ({ yAxis: level.value, label: { formatter: level.name } }));
    const highest = Math.max(...given.values, ...given.levels.map((level) => level.value));
    return {
      grid: { left: t.size * 3.2, right: t.size * 5.5, top: t.size * 1.6, bottom: t.size * 2.2 },
      xAxis: a.names(given.names),
      yAxis: a.numbers(Math.ceil((highest * 1.08) / 10) * 10, {}),
      series: [
        {
          type: "line",
          data: given.values,
          symbol: "circle",
          symbolSize: 9,
          lineStyle: { color: t.red, width: 2.5 },
          itemStyle: { color: t.red },
          label: { show: true, position: "top", color: t.ink, fontSize: t.size, fontFamily: t.face },
          markLine: {
            symbol: "none",
            silent: true,
            data: lines,
            lineStyle: { color: t.soft, type: "dashed", width: 1 },
            label: { color: t.soft, fontSize: t.size, fontFamily: t.face, position: "end" },
          },
        },
      ],
    };
  },
  bars(given, t, a) {
    return {
      grid: { left: t.size * 6.5, right: t.size * 4, top: 4, bottom: 4 },
      xAxis: { ...a.numbers(given.most), show: false },
      yAxis: { ...a.names(given.names, { width: t.size * 6, overflow: "break" }), inverse: true, axisLine: { show: false } },
      series: [bar(given, t, "right")],
    };
  },
  columns(given, t, a) {
    return {
      grid: { left: t.size * 3.6, right: t.size, top: t.size * 1.8, bottom: t.size * 2.2 },
      xAxis: a.names(given.names),
      yAxis: a.numbers(given.most, { formatter: share(given.unit) }),
      series: [bar(given, t, "top")],
    };
  },
};

function bar(given, t, position) {
  return {
    type: "bar",
    data: given.values,
    barMaxWidth: t.size * 2,
    labelLayout: { hideOverlap: true },
    itemStyle: { color: t.fill },
    label: {
      show: true,
      position,
      color: t.ink,
      fontSize: t.size,
      fontFamily: t.face,
      formatter: (point) => share(given.unit)(point.value),
    },
  };
}

function draw(place) {
  const given = JSON.parse(place.dataset.chart);
  const t = tokens();
  place.hidden = false;
  if (given.kind === "bars") place.style.height = `${Math.max(3, given.names.length) * t.size * 2.6}px`;
  const chart = echarts.getInstanceByDom(place) ?? echarts.init(place, null, { renderer: "canvas" });
  chart.resize();
  chart.setOption({ animation: false, ...DRAWINGS[given.kind](given, t, axes(t)) }, true);
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

document.addEventListener("DOMContentLoaded", drawAll);
window.addEventListener("resize", drawAll);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
