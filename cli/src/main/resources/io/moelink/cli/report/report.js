'use strict';
(function () {
  const data = JSON.parse(document.getElementById('data').textContent);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const narrow = window.matchMedia('(max-width: 760px)');
  const charts = [];
  const chosen = { bound: data.fastest, timeline: data.fastest };

  // Colours that colour-blind people can tell apart, on white and on black.
  const ALGORITHM = {
    direct: ['#8a5a00', '#e0b04c'],
    hierarchical: ['#0b6bb0', '#6cb6f2'],
    allgather: ['#a03c78', '#e08cc0'],
    relay: ['#4d7a1f', '#9ccf63'],
  };
  const STEP = {
    pull: ['#0b8a72', '#4fd0b5'],
    push: ['#d55e00', '#ff9a4d'],
    permute: ['#0b6bb0', '#6cb6f2'],
    scatter: ['#6a51a3', '#b3a0e0'],
    reduce: ['#a03c78', '#e08cc0'],
    reorder: ['#6b6b63', '#b9b9b0'],
  };
  const LINK = {
    D2D: ['#6b6b63', '#b9b9b0'],
    P2P: ['#0b6bb0', '#6cb6f2'],
    BLINK: ['#0b8a72', '#4fd0b5'],
    PORT10: ['#a03c78', '#e08cc0'],
    NVLINK: ['#4d7a1f', '#9ccf63'],
    PCIE: ['#6a51a3', '#b3a0e0'],
    SHARED: ['#8a5a00', '#e0b04c'],
    RDMA: ['#d55e00', '#ff9a4d'],
  };
  const color = (table, name) => (table[name] || ['#6b6b63', '#b9b9b0'])[dark.matches ? 1 : 0];
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // named, not inherited: labels are measured before they are drawn
  const FONT = getComputedStyle(document.body).fontFamily;
  const byId = (id) => document.getElementById(id);
  const ms = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)) + ' ms';
  const times = (value) => value.toFixed(value >= 10 ? 0 : 2) + ' times';
  const total = (row) => row.dispatch + row.combine;
  const algorithm = (name) => data.algorithms.find((row) => row.algorithm === name);

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function base() {
    return {
      animation: false,
      textStyle: { color: style('--ink'), fontFamily: FONT },
      legend: { top: 0, left: 0, itemGap: 16, textStyle: { color: style('--ink'), fontFamily: FONT }, itemWidth: 14, itemHeight: 10 },
      grid: { left: 14, right: 16, top: 40, bottom: 34, containLabel: true },
      tooltip: {
        confine: true,
        backgroundColor: style('--panel'),
        borderColor: style('--line'),
        textStyle: { color: style('--ink'), fontSize: 13 },
      },
    };
  }

  function axis(more) {
    return Object.assign({
      axisLabel: { color: style('--quiet'), hideOverlap: true },
      axisTick: { lineStyle: { color: style('--line') } },
      axisLine: { lineStyle: { color: style('--line') } },
      splitLine: { lineStyle: { color: style('--line') } },
      nameTextStyle: { color: style('--quiet') },
      nameLocation: 'middle',
      nameGap: 26,
    }, more);
  }

  function draw(id, options) {
    const chart = echarts.init(byId(id), null, { renderer: 'svg' });
    chart.setOption(Object.assign(base(), options));
    charts.push(chart);
    return chart;
  }

  function header() {
    byId('title').textContent = data.topology;
    byId('case').textContent = data.ranks + ' ranks in ' + data.nodes + (data.nodes === 1 ? ' node, ' : ' nodes, ')
      + data.tokensPerRank + ' tokens a rank, top-' + data.topK + ' of ' + data.experts + ' experts, rows of '
      + data.rowBytes.toLocaleString('en') + ' bytes; routing: ' + data.routing;
    const best = algorithm(data.fastest);
    const gather = algorithm('allgather');
    const cards = [
      [data.fastest, 'is fastest'],
      [ms(total(best)), ms(best.dispatch) + ' dispatch, ' + ms(best.combine) + ' combine'],
      data.fastest === 'allgather' ? [ms(total(best)), 'all-gather'] : [times(total(gather) / total(best)), 'as fast as all-gather'],
      best.dispatchLinks.length === 0 ? ['none', 'busiest link of its dispatch']
        : [best.dispatchLinks[0].name, 'is its dispatch\u2019s busiest link, ' + Math.round(100 * best.dispatchLinks[0].busy) + ' % of the time'],
    ];
    for (const [big, small] of cards) {
      const card = element('div', undefined, 'card');
      card.append(element('b', big), element('span', small));
      byId('cards').append(card);
    }
  }

  function choices() {
    for (const box of document.querySelectorAll('.choices')) {
      for (const row of data.algorithms) {
        const button = element('button', row.algorithm);
        button.type = 'button';
        button.addEventListener('click', () => {
          chosen[box.dataset.for] = row.algorithm;
          render();
        });
        box.append(button);
      }
    }
  }

  function press() {
    for (const box of document.querySelectorAll('.choices')) {
      for (const button of box.children) {
        button.setAttribute('aria-pressed', String(button.textContent === chosen[box.dataset.for]));
      }
    }
  }

  /** By how much which algorithm wins, and what more links between nodes would give. */
  function timesText() {
    const best = algorithm(data.fastest);
    const others = data.algorithms.filter((row) => row.algorithm !== data.fastest).sort((a, b) => total(a) - total(b));
    const said = others.map((row) => times(total(row) / total(best)) + ' as fast as ' + row.algorithm).join(', ');
    let text = 'Dispatch, then combine, simulated with the fabric\u2019s link figures. ';
    text += total(best) === 0 ? 'Nothing moves.' : data.fastest + ' is ' + said + '.';
    for (const row of data.variant) {
      text += ' On ' + row.topology + ', ' + row.algorithm + ' takes ' + ms(row.dispatch) + ' for dispatch and '
        + ms(row.combine) + ' for combine: ' + times(algorithm(row.algorithm).dispatch / row.dispatch) + ' and '
        + times(algorithm(row.algorithm).combine / row.combine) + ' as fast.';
    }
    return text;
  }

  function timesChart() {
    const rows = data.algorithms.concat(data.variant.map((row) => Object.assign({}, row,
      { algorithm: row.algorithm + '\n+port10' }))).sort((a, b) => total(b) - total(a));
    byId('times-text').textContent = timesText();
    draw('times', {
      tooltip: Object.assign(base().tooltip, { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: ms }),
      grid: Object.assign(base().grid, { right: 60 }),
      xAxis: axis({ type: 'value', name: 'ms' }),
      yAxis: axis({ type: 'category', data: rows.map((row) => row.algorithm),
        axisLabel: { color: style('--ink'), lineHeight: 15 } }),
      series: [
        { name: 'dispatch', type: 'bar', stack: 'one', barMaxWidth: 34, itemStyle: { color: color(STEP, 'permute') },
          data: rows.map((row) => row.dispatch) },
        { name: 'combine', type: 'bar', stack: 'one', barMaxWidth: 34, itemStyle: { color: color(STEP, 'reduce') },
          data: rows.map((row) => row.combine),
          label: { show: true, position: 'right', color: style('--ink'), textBorderWidth: 0,
            formatter: (point) => ms(total(rows[point.dataIndex])) } },
      ],
    });
  }

  function meters(id, links) {
    const box = element('div', undefined, 'meter');
    for (const link of links) {
      const bar = element('i');
      const part = element('i');
      part.style.width = Math.min(100, 100 * link.busy) + '%';
      if (link.kind !== 'LOCAL') part.style.background = color(LINK, link.kind);
      bar.append(part);
      box.append(element('span', link.name), bar, element('b', Math.round(100 * link.busy) + ' %'));
    }
    byId(id).replaceChildren(box);
  }

  function bound() {
    const row = algorithm(chosen.bound);
    byId('paths').replaceChildren(
      element('dt', 'Dispatch, ' + ms(row.dispatch)), element('dd', row.dispatchPath),
      element('dt', 'Combine, ' + ms(row.combine)), element('dd', row.combinePath));
    meters('dispatch-links', row.dispatchLinks);
    meters('combine-links', row.combineLinks);
  }

  function timeline() {
    const row = algorithm(chosen.timeline);
    const shown = row.timeline;
    const kinds = Object.keys(STEP).filter((kind) => shown.bars.some((bar) => bar[1] === kind));
    const lanes = [];
    for (const rank of shown.ranks) {
      for (const kind of kinds) {
        if (shown.bars.some((bar) => bar[0] === rank && bar[1] === kind)) lanes.push(rank + ' ' + kind);
      }
    }
    byId('timeline-text').textContent = 'Steps of ranks ' + shown.ranks.join(', ') + ' (those that end last, and one of each'
      + ' group); combine begins where dispatch ends, after ' + ms(row.dispatch) + '.'
      + (shown.all ? '' : ' The first steps only: there are too many to draw.');
    const bars = shown.bars.map((bar) => [lanes.indexOf(bar[0] + ' ' + bar[1]), bar[2], bar[3], bar[1], bar[4]]);
    draw('timeline', {
      legend: { show: false },
      grid: { left: 18, right: 16, top: 10, bottom: 36, containLabel: true },
      tooltip: Object.assign(base().tooltip, {
        formatter: (point) => '<b>' + point.value[3] + '</b> ' + point.value[4] + '<br>' + point.value[1].toFixed(3) + ' to '
          + point.value[2].toFixed(3) + ' ms',
      }),
      xAxis: axis({ type: 'value', name: 'ms', min: 0, max: Math.ceil(total(row) * 1000) / 1000,
        axisLabel: { color: style('--quiet'), hideOverlap: true, showMaxLabel: false } }),
      yAxis: axis({ type: 'category', data: lanes, inverse: true, axisTick: { show: false }, splitLine: { show: false },
        axisLabel: { color: style('--ink'), interval: 0, fontSize: 12,
          formatter: (lane) => (narrow.matches ? lane : 'rank ' + lane) } }),
      series: [{
        type: 'custom',
        encode: { x: [1, 2], y: 0 },
        data: bars,
        renderItem: (params, api) => {
          const from = api.coord([api.value(1), api.value(0)]);
          const to = api.coord([api.value(2), api.value(0)]);
          const height = api.size([0, 1])[1] * 0.66;
          return {
            type: 'rect',
            shape: { x: from[0], y: from[1] - height / 2, width: Math.max(1, to[0] - from[0]), height: height },
            style: { fill: color(STEP, bars[params.dataIndex][3]), opacity: 0.72, stroke: style('--panel'), lineWidth: 0.6 },
          };
        },
        markLine: { silent: true, symbol: 'none', lineStyle: { color: style('--quiet'), type: 'dashed' },
          label: { show: false }, data: [{ xAxis: row.dispatch }] },
      }],
    });
  }

  function traffic() {
    const kinds = Object.keys(LINK).filter((kind) => data.algorithms.some((row) => row.dispatchBytes[kind] || row.combineBytes[kind]));
    draw('traffic', {
      tooltip: Object.assign(base().tooltip, { trigger: 'axis', axisPointer: { type: 'shadow' },
        valueFormatter: (value) => value.toFixed(2) + ' GB' }),
      xAxis: axis({ type: 'value', name: 'GB' }),
      yAxis: axis({ type: 'category', inverse: true, data: data.algorithms.map((row) => row.algorithm),
        axisLabel: { color: style('--ink') } }),
      series: kinds.map((kind) => ({
        name: kind, type: 'bar', stack: 'one', barMaxWidth: 34, itemStyle: { color: color(LINK, kind) },
        data: data.algorithms.map((row) => ((row.dispatchBytes[kind] || 0) + (row.combineBytes[kind] || 0)) / 1e9),
      })),
    });
  }

  function curve(id, points, name) {
    draw(id, {
      tooltip: Object.assign(base().tooltip, { trigger: 'axis', valueFormatter: ms }),
      grid: { left: 8, right: 16, top: narrow.matches ? 56 : 40, bottom: 36, containLabel: true },
      xAxis: axis({ type: 'category', data: points.labels, name: name }),
      yAxis: axis({ type: 'log', axisLabel: { color: style('--quiet'), hideOverlap: true,
        formatter: (value) => (value >= 1 ? value.toLocaleString('en') : String(value)) + ' ms' } }),
      series: Object.keys(points.series).map((algorithmName, i) => ({
        name: algorithmName, type: 'line', data: points.series[algorithmName], symbolSize: 7,
        symbol: ['circle', 'rect', 'triangle', 'diamond'][i % 4], lineStyle: { width: 2, type: algorithmName === 'relay' ? 'dashed' : 'solid' },
        itemStyle: { color: color(ALGORITHM, algorithmName) },
      })),
    });
  }

  function scaling() {
    curve('by-tokens', data.byTokens, 'tokens of a rank');
    if (data.byNodes.labels.length === 0) {
      byId('by-nodes-box').hidden = true;
    } else {
      byId('by-nodes-title').textContent = 'Nodes, ' + data.byNodes.tokens + ' tokens a rank';
      curve('by-nodes', data.byNodes, 'nodes');
    }
  }

  function bars(id, values, name, fill) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    draw(id, {
      legend: { show: false },
      tooltip: Object.assign(base().tooltip, { trigger: 'axis', axisPointer: { type: 'shadow' },
        valueFormatter: (value) => value.toLocaleString('en') + ' rows' }),
      grid: { left: 8, right: 16, top: 16, bottom: 36, containLabel: true },
      xAxis: axis({ type: 'category', data: values.map((value, i) => i), name: name }),
      yAxis: axis({ type: 'value' }),
      series: [{ type: 'bar', data: values, itemStyle: { color: fill }, barCategoryGap: values.length > 40 ? '0%' : '20%',
        markLine: { silent: true, symbol: 'none', lineStyle: { color: style('--ink'), type: 'dashed' },
          label: { formatter: 'mean', color: style('--ink'), position: 'insideEndTop' }, data: [{ yAxis: mean }] } }],
    });
  }

  function skew() {
    const found = data.skew;
    byId('skew-text').textContent = (data.recorded ? 'Recorded routing, ' : 'Generated routing, ') + data.routing
      + ': the busiest rank gets ' + found.busiestRank.toFixed(2) + ' times the mean of all ranks, the busiest expert '
      + found.busiestExpert.toFixed(2) + ' times the mean of all experts; ' + found.idleExperts + ' of ' + data.experts
      + ' experts get no row.';
    bars('per-rank', found.perRank, 'rank', color(STEP, 'permute'));
    bars('per-expert', found.perExpert.slice().sort((a, b) => b - a), 'experts by rows', color(STEP, 'pull'));
  }

  function table(names, className) {
    const made = element('table', undefined, className);
    const head = element('tr');
    for (const [name, numeric] of names) head.append(element('th', name, numeric ? 'n' : ''));
    const top = element('thead');
    top.append(head);
    made.append(top, element('tbody'));
    return made;
  }

  /** The order of algorithms with this routing beside that with uniform routing. */
  function order() {
    const made = table([['algorithm'], ['this routing', true], ['uniform', true], ['longer by', true]], '');
    const rows = data.algorithms.slice().sort((a, b) => total(a) - total(b));
    for (const row of rows) {
      const even = data.even.find((other) => other.algorithm === row.algorithm);
      const line = element('tr', undefined, row.algorithm === data.fastest ? 'best' : '');
      const more = total(even) === 0 ? 0 : 100 * (total(row) / total(even) - 1);
      line.append(element('td', row.algorithm), element('td', ms(total(row)), 'n'), element('td', ms(total(even)), 'n'),
        element('td', more.toFixed(0) + ' %', 'n'));
      made.tBodies[0].append(line);
    }
    const evenOrder = data.even.slice().sort((a, b) => total(a) - total(b)).map((row) => row.algorithm).join(', ');
    const thisOrder = rows.map((row) => row.algorithm).join(', ');
    byId('order').replaceChildren(
      element('h3', 'Skewed and even'), made,
      element('p', thisOrder === evenOrder
        ? 'The order of algorithms is the same with this routing and with uniform routing.'
        : 'With uniform routing the order of algorithms is another one: ' + evenOrder + '.', 'quiet'));
  }

  function figures() {
    const made = table([['row'], ['case'], ['published', true], ['by its rule', true], ['rule simulated', true],
      ['our plan', true]], 'wide');
    const number = (value, unit) => (value === null ? '' : value.toFixed(2) + ' ' + unit);
    for (const row of data.figures) {
      const line = element('tr');
      const what = element('td', row.case, 'what');
      what.append(element('small', row.measured ? 'measured' : row.rule));
      const ours = element('td', number(row.plan_simulated, row.unit), 'n');
      if (row.plan) what.append(element('small', 'our plan: ' + row.plan));
      // + 0 makes a zero of minus zero
      const off = row.recomputed === null ? 0 : Math.round(1000 * (row.recomputed / row.published - 1)) / 10 + 0;
      const rule = element('td', row.recomputed === null ? '' : number(row.recomputed, row.unit) + ' (' + (off > 0 ? '+' : '')
        + off.toFixed(1) + ' %)', 'n');
      line.append(element('td', row.row), what, element('td', number(row.published, row.unit), 'n'), rule,
        element('td', number(row.rule_simulated, row.unit), 'n'), ours);
      ['row', 'case', 'published', 'by its rule', 'rule simulated', 'our plan'].forEach((name, i) => {
        line.children[i].dataset.name = name;
      });
      made.tBodies[0].append(line);
    }
    byId('figures').replaceChildren(made);
  }

  function render() {
    charts.splice(0).forEach((chart) => chart.dispose());
    press();
    timesChart();
    measured();
    bound();
    timeline();
    traffic();
    scaling();
    skew();
    order();
  }

  /** What exchanges took beside what is simulated; nothing where none was given. */
  function measured() {
    if (data.measured.length === 0) return;
    byId('measured-box').hidden = false;
    const made = table([['algorithm'], ['transport'], ['measured', true], ['least to most', true], ['simulated', true],
      ['simulated is', true]], '');
    for (const row of data.measured) {
      const off = 100 * (row.simulated / row.median - 1);
      const line = element('tr');
      line.append(element('td', row.algorithm + ' ' + row.way), element('td', row.transport),
        element('td', ms(row.median), 'n'), element('td', ms(row.min) + ' to ' + ms(row.max), 'n'),
        element('td', ms(row.simulated), 'n'),
        element('td', Math.abs(off).toFixed(0) + ' % ' + (off < 0 ? 'less' : 'more'), 'n'));
      made.tBodies[0].append(line);
    }
    byId('measured').replaceChildren(made);
    draw('measured-chart', {
      tooltip: Object.assign(base().tooltip, { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: ms }),
      xAxis: axis({ type: 'value', name: 'ms' }),
      yAxis: axis({ type: 'category', inverse: true, data: data.measured.map((row) => row.algorithm + '\n' + row.way),
        axisLabel: { color: style('--ink'), lineHeight: 15, interval: 0 } }),
      series: [
        { name: 'measured', type: 'bar', barMaxWidth: 18, itemStyle: { color: color(STEP, 'push') },
          data: data.measured.map((row) => row.median) },
        { name: 'simulated', type: 'bar', barMaxWidth: 18, itemStyle: { color: color(STEP, 'permute') },
          data: data.measured.map((row) => row.simulated) },
      ],
    });
  }

  /** Where the bound of two servers lies, and what the published figure counts. */
  function deepEp() {
    const [wire, first, second] = data.figures.filter((row) => row.row === 'DeepEP');
    const rate = (value) => value.toFixed(1) + ' GB/s';
    const off = (row) => (row.plan_simulated > row.published ? '+' : '') + (100 * (row.plan_simulated / row.published - 1)).toFixed(0) + ' %';
    byId('deepep').textContent = 'DeepEP publishes ' + wire.published + ' GB/s for two servers with network cards of 50 GB/s. '
      + 'Simulated on nvlink-2x8, rows cross the network at ' + rate(wire.plan_simulated) + ' (' + off(wire)
      + '): the network card is the bound, and what is missing to 50 is the time before the first and after the last row '
      + 'is on the wire. But DeepEP counts the rows of the sender\u2019s own server as well, which never cross. Counted in its way, '
      + 'version 1, with NVLink at 160 GB/s, is simulated at ' + rate(first.plan_simulated) + ' of its ' + first.published
      + ' (' + off(first) + '), and version 2 at ' + rate(second.plan_simulated) + ' of its ' + second.published + ' ('
      + off(second) + ').';
  }

  let pending = 0;
  function renderSoon() {
    clearTimeout(pending);
    pending = setTimeout(render, 120);
  }

  header();
  choices();
  figures();
  deepEp();
  render();
  dark.addEventListener('change', render);
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    // a phone's browser changes the height alone while one scrolls
    if (window.innerWidth !== width) {
      width = window.innerWidth;
      renderSoon();
    }
  });
  document.documentElement.dataset.ready = 'yes';
})();
