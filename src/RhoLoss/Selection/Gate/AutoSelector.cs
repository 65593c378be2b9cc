using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Selection.Scoring;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Gate;

/// <summary>
/// Selects only while that pays. It times uniform steps and each scorer in the first steps, then looks at a random window of D from time
/// to time: what would each scorer and share q select there, and how much more useful is that than the average (<c>WindowUsefulness</c>:
/// how likely the label is right, times how far the target is from having learnt it)? The best of usefulness^γ · min(1, 2q)^δ / cost is
/// taken; uniform when nothing beats it by a margin.
/// </summary>
/// <remarks>
/// Every timed step is a training step, so calibration costs little more than the scorers that turn out too slow. Decisions depend on the
/// clock: runs with it are not repeatable to the bit. Not in the paper.
/// </remarks>
/// <example>
/// <code>
/// using var trainer = new Trainer(
///     model, data, target => new AutoSelector(
///         data, new TargetScorer(target.Model, ScoringMode.Eval), [new ProxyScorer(smallModel)], SelectionFunctions.Learnability, losses,
///         batchSize: 32),
///     new TrainerOptions());
/// </code>
/// </example>
public sealed class AutoSelector : IBatchSelector
{
    private const int Untimed = 3;          // the first steps of a process pay for memory and code
    private const int TimedPerScorer = 3;
    private const double CalibrationShare = 0.5;
    private readonly LabeledDataset _data;
    private readonly Scorer _target;
    private readonly Scorer[] _scorers;
    private readonly BatchSelector[] _selectors;   // one a scorer
    private readonly BatchSelector _uniform;
    private readonly IrreducibleLosses _irreducibleLosses;
    private readonly GateOptions _options;
    private readonly TimeProvider _time;
    private readonly StepClock _clock = new();
    private readonly int _batchSize;
    private int _chosen = -1;                      // index of the scorer; −1 is uniform
    private double _share = 1;
    private double _expected = 1;
    private double _saved;
    private double? _floor;                        // η, of all of D: computed once
    private long _step;
    private long _nextWindow;
    private long _selectedAt;
    private double _selectionSeconds;
    private long _offered;
    private long _stepOfRun;                       // of the last selection, from 1; not since a resume, as _step

    /// <summary>Creates the gate.</summary>
    /// <param name="data">D. Not owned.</param>
    /// <param name="target">
    /// Scores with the target itself, for windows; owned. In eval mode, so that a window does not depend on its company.
    /// </param>
    /// <param name="scorers">What may score, each once; owned.</param>
    /// <param name="score">The selection function.</param>
    /// <param name="irreducibleLosses">IL of D, at temperature 1: they are read as probabilities. Not owned.</param>
    /// <param name="batchSize">n_b.</param>
    /// <param name="options">How it decides.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public AutoSelector(
        LabeledDataset data, Scorer target, IReadOnlyList<Scorer> scorers, SelectionFunction score, IrreducibleLosses irreducibleLosses,
        int batchSize, GateOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(scorers);
        ArgumentNullException.ThrowIfNull(irreducibleLosses);
        WindowUsefulness.RequireProbabilities(irreducibleLosses);
        _data = data;
        _target = target;
        _scorers = [.. scorers];
        _irreducibleLosses = irreducibleLosses;
        _options = options ?? new GateOptions();
        if (_scorers.Length == 0) { throw new ArgumentException("A gate needs at least one scorer to choose from.", nameof(scorers)); }
        _options.Validate();
        _time = DeviceClock.For(data.Ids.device, time);
        _batchSize = batchSize;
        _selectors =
        [
            .. _scorers.Select((s, i) => new BatchSelector(
                s, score, irreducibleLosses, batchSize, new BatchSelectorOptions { Seed = Seeding.Mix(_options.Seed, i) })),
        ];
        var uniform = new BatchSelectorOptions { LargeBatchSize = batchSize, Seed = Seeding.Mix(_options.Seed, 100) };
        _uniform = new BatchSelector(new Unscored(), SelectionFunctions.Uniform, null, batchSize, uniform);
    }

    /// <summary>Called with every decision.</summary>
    public Action<GateDecision>? OnDecision { get; set; }

    /// <summary>Estimate of the seconds selection has saved so far against uniform; negative when it has lost.</summary>
    public double NetSecondsSaved => _saved;

    /// <inheritdoc/>
    public int LargeBatchSize => (int)Math.Round(_batchSize / _share);

    /// <inheritdoc/>
    public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(largeBatch);
        long started = _time.GetTimestamp();
        BatchSelector selector = _chosen < 0 ? _uniform : _selectors[_chosen];
        selector.LargeBatchSize = LargeBatchSize;
        SelectedBatch selected = selector.Select(data, largeBatch, augmentation);
        _selectedAt = _time.GetTimestamp();
        _selectionSeconds = _time.GetElapsedTime(started, _selectedAt).TotalSeconds;
        (_offered, _stepOfRun) = (largeBatch.Count, largeBatch.Step);
        return selected;
    }

    /// <inheritdoc/>
    public void Observe(TrainedBatch trained)
    {
        double training = _time.GetElapsedTime(_selectedAt).TotalSeconds;
        _uniform.Observe(trained);
        for (int s = 0; s < _scorers.Length; s++)
        {
            if (s != _chosen && _scorers[s].LearnsFromSteps && _step % _options.IdleEvery != 0) { continue; }
            long observing = _time.GetTimestamp();
            _selectors[s].Observe(trained);
            if (_step >= Untimed) { _clock.Add(Learning(s), _time.GetElapsedTime(observing).TotalSeconds); }
        }
        double spent = _selectionSeconds + _time.GetElapsedTime(_selectedAt).TotalSeconds;
        if (_step++ >= Untimed)
        {
            _clock.Add("training", training);
            _clock.Add(Part(_chosen), Math.Max(0, _selectionSeconds) / _offered);   // fewer than n_B at the end of an epoch
        }
        if (_clock.Median(Part(-1)) is not null) { _saved += _expected * UniformStep - spent; }
        Advance();
    }

    /// <summary>First uniform steps, then a few with each scorer, then windows.</summary>
    private void Advance()
    {
        long uniform = Untimed + _options.TimedSteps, perScorer = 1 + TimedPerScorer;
        if (_step < uniform) { return; }
        long calibrating = (_step - uniform) / perScorer;
        if (calibrating < _scorers.Length)
        {
            (_chosen, _share) = ((int)calibrating, CalibrationShare);
            return;
        }
        if (_step >= _nextWindow) { Decide(); }
    }

    private void Decide()
    {
        long started = _time.GetTimestamp();
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        int size = Math.Min(_options.WindowSize, _data.Count);
        using var random = new StepRandom(Seeding.Of(_options.Seed, Purpose.Windows), _stepOfRun);
        Tensor rows = Transfer.To(randint(0, _data.Count, [size], dtype: int64, generator: random.Generator), _data.Ids.device);
        Candidates window = new(_data.Gather(_data.Ids.index_select(0, rows)), _target, _irreducibleLosses, Objective.CrossEntropy, random);
        long forwardStarted = _time.GetTimestamp();
        _ = window.Loss;   // the target's forward pass
        double forward = _time.GetElapsedTime(forwardStarted).TotalSeconds / size;
        var usefulness = new WindowUsefulness(window, _floor ??= WindowUsefulness.Floor(_irreducibleLosses.Of(_data.Ids), _data.Classes));

        List<GateOption> options = [new(null, 1, 1, 1, 0, 1)];
        for (int s = 0; s < _scorers.Length; s++)
        {
            Tensor scores = _scorers[s].SpeaksForTarget ? usefulness.Score : SelectionFunctions.Learnability(Seen(window, _scorers[s]));
            Tensor order = sort(scores, descending: true, stable: true).indices;
            double perCandidate = _clock.Median(Part(s)) ?? 0;
            double concentration = _scorers[s].SpeaksForTarget ? _options.Concentration : _options.ProxyConcentration;
            foreach (double share in _options.Shares)
            {
                long kept = Math.Max(1, (long)(share * size));
                double ratio = usefulness.Of(order.slice(0, 0, kept, 1));
                double cost = (perCandidate * _batchSize / share + Training + (_clock.Median(Learning(s)) ?? 0)) / UniformStep;
                double speedup = Math.Pow(Math.Max(ratio, 0), _options.Exponent)
                    * Math.Pow(Math.Min(1, 2 * share), concentration) / cost;
                options.Add(new GateOption(_scorers[s].Name, share, ratio, cost, perCandidate / forward, speedup));
            }
        }
        Choose(options);
        double seconds = _time.GetElapsedTime(started).TotalSeconds;
        _saved -= seconds;
        _nextWindow = _step + Math.Max(10, (long)Math.Ceiling(seconds / (_options.WindowBudget * UniformStep)));
        OnDecision?.Invoke(new GateDecision(
            _step, _chosen < 0 ? null : _scorers[_chosen].Name, _share, options, forward * _batchSize / UniformStep,
            UniformStep, UniformStep - Training, seconds, _saved));
    }

    private void Choose(List<GateOption> options)
    {
        GateOption best = options.MaxBy(o => o.Scorer is null ? _options.Margin : o.ExpectedSpeedup)!;
        GateOption? present = options.FirstOrDefault(o => o.Scorer == (_chosen < 0 ? null : _scorers[_chosen].Name) && o.Share == _share);
        bool keeps = _nextWindow > 0
            && present is { Scorer: not null }
            && present.ExpectedSpeedup >= _options.Margin
            && best.ExpectedSpeedup < present.ExpectedSpeedup * _options.Hysteresis;
        GateOption chosen = keeps ? present! : best;
        _chosen = chosen.Scorer is null ? -1 : Array.FindIndex(_scorers, s => s.Name == chosen.Scorer);
        _share = chosen.Share;
        _expected = chosen.Scorer is null ? 1 : chosen.ExpectedSpeedup * chosen.Cost;
    }

    /// <summary>The window as a scorer that does not speak for the target knows it now, without refreshing what it remembers.</summary>
    private static Candidates Seen(Candidates window, Scorer scorer) =>
        window.ScoredBy(scorer is LastSeenScorer memory ? memory.Memory : scorer);

    private double Training => _clock.Median("training") ?? 0;

    private double UniformStep => Training + _batchSize * (_clock.Median(Part(-1)) ?? 0);

    private static string Learning(int scorer) => $"learning of scorer {scorer}";

    private static string Part(int scorer) => scorer < 0 ? "uniform" : $"scorer {scorer}";

    /// <inheritdoc/>
    public void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["gate.saved"] = tensor(_saved, dtype: float64);
        for (int s = -1; s < _selectors.Length; s++)
        {
            StateScope.Capture(PartOf(s), (s < 0 ? _uniform : _selectors[s]).Capture, state);
        }
    }

    /// <summary>Continues from a captured state. Timings are taken anew: the machine may be another.</summary>
    public void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        (_step, _nextWindow, _chosen, _share, _expected) = (0, 0, -1, 1, 1);
        _saved = state("gate.saved").item<double>();
        for (int s = -1; s < _selectors.Length; s++) { (s < 0 ? _uniform : _selectors[s]).Restore(StateScope.Of(PartOf(s), state)); }
    }

    private static string PartOf(int scorer) => FormattableString.Invariant($"gate.{scorer + 1}");

    /// <summary>Frees selectors and scorers.</summary>
    public void Dispose()
    {
        _uniform.Dispose();
        foreach (BatchSelector selector in _selectors) { selector.Dispose(); }
        _target.Dispose();
    }
}
