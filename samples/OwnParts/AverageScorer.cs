using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OwnParts;

/// <summary>A scorer: an exponential moving average of the target's parameters, which changes its mind less from step to step.</summary>
internal sealed class AverageScorer : Scorer
{
    private const double Kept = 0.9;
    private readonly TrainingTarget _target;
    private readonly nn.Module<Tensor, Tensor> _average;

    public AverageScorer(TrainingTarget target, nn.Module<Tensor, Tensor> twin)
    {
        (_target, _average) = (target, twin);
        _average.eval();
    }

    public override string Name => "average";

    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        candidates.CountForwarded(candidates.Count);
        return candidates.MeasurementsOf(_average.forward(candidates.Inputs), wanted);
    }

    public override void Observe(TrainedBatch trained)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        foreach ((Tensor average, Tensor now) in _average.parameters().Zip(_target.Model.parameters())) { average.lerp_(now, 1 - Kept); }
    }

    public override void Capture(IDictionary<string, Tensor> state)
    {
        foreach ((string name, Tensor value) in _average.state_dict()) { state[name] = value; }
    }

    public override void Restore(Func<string, Tensor> state)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string name, Tensor value) in _average.state_dict()) { value.copy_(state(name)); }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _average.Dispose(); }
        base.Dispose(disposing);
    }
}
