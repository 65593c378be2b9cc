using static TorchSharp.torch;

namespace RhoLoss.Accelerators;

/// <summary>
/// Checks of numbers that a step computes: is every id known, every score finite? On the processor the answer is there at once. To read it
/// from another device is to wait for that, and the device idles until it is told what comes next: in a step of a trainer such checks are
/// noted and read together with the loss, before the update. What fails is then told as it would have been, in the same order.
/// </summary>
/// <remarks>
/// What is checked after the loss was read, such as ids that a memory is told of, is read with the next step's loss, or by
/// <see cref="Settle"/>. A caller must not let values that may be wrong index memory meanwhile: see <see cref="AreLate"/>.
/// </remarks>
internal sealed class StepChecks : IDisposable
{
    [ThreadStatic] private static StepChecks? _current;
    [ThreadStatic] private static long _reads;
    private readonly bool _always;
    private readonly List<Check> _open = [];
    private bool _complete = true;

    /// <summary>Of one trainer.</summary>
    /// <param name="always">Also on the processor; for tests.</param>
    public StepChecks(bool always = false) => _always = always;

    /// <summary>How often this thread has read a number of a tensor here; for tests.</summary>
    internal static long Reads => _reads;

    /// <summary>Whether a check of this tensor is read later, and what it is about must do no harm until then.</summary>
    public static bool AreLate(Tensor about) => _current is { } step && (step._always || about.device_type != DeviceType.CPU);

    /// <summary>Throws where one of <paramref name="bad"/> is true: now, or when the loss of this step is read.</summary>
    /// <param name="bad">bool, shape [n].</param>
    /// <param name="ids">Of the examples, int64, shape [n].</param>
    /// <param name="fault">Makes the exception for the ids that are bad.</param>
    public static void Refuse(Tensor bad, Tensor ids, Func<long[], Exception> fault)
    {
        if (AreLate(bad))
        {
            _current!._open.Add(new Check(bad.alias().DetachFromDisposeScope(), ids.alias().DetachFromDisposeScope(), fault));
            return;
        }
        _reads++;
        using IDisposable scope = NewDisposeScope();
        if (bad.any().item<bool>()) { throw fault(Named(bad, ids)); }
    }

    /// <summary>The loss of a step; with it all checks of the step that are open.</summary>
    public static double Read(Tensor loss)
    {
        _reads++;
        return _current is { _open.Count: > 0 } step ? step.ReadAll(loss) : Scalars.ToDouble(loss);
    }

    /// <summary>From now on, until what is returned is disposed, checks of this thread are this trainer's.</summary>
    public Entered Enter()
    {
        if (!_complete) { Forget(); }   // those of a step that failed have nothing to say of the next
        _complete = false;
        StepChecks? outer = _current;
        _current = this;
        return new Entered(outer);
    }

    /// <summary>The step was taken: what is still open is of tensors that are in use.</summary>
    public void Complete() => _complete = true;

    /// <summary>Reads what is open.</summary>
    public void Settle()
    {
        if (_open.Count == 0) { return; }
        using IDisposable scope = NewDisposeScope();
        _reads++;
        _ = ReadAll(zeros(1, device: _open[0].Bad.device));
    }

    private double ReadAll(Tensor loss)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor[] flags = [.. _open.Select(check => check.Bad.any().to(loss.dtype).to(loss.device).reshape(1))];
        double[] read = [.. cat([loss.detach().reshape(1), .. flags]).cpu().to(float64).data<double>()];
        try
        {
            int failed = Array.FindIndex(read, 1, flag => flag != 0) - 1;
            if (failed >= 0) { throw _open[failed].Fault(Named(_open[failed].Bad, _open[failed].Ids)); }
        }
        finally
        {
            Forget();
        }
        return read[0];
    }

    private static long[] Named(Tensor bad, Tensor ids) => [.. ids.cpu().masked_select(bad.cpu()).data<long>()];

    private void Forget()
    {
        foreach (Check check in _open)
        {
            check.Bad.Dispose();
            check.Ids.Dispose();
        }
        _open.Clear();
    }

    /// <summary>Forgets what is open.</summary>
    public void Dispose() => Forget();

    /// <summary>A step's hold on the checks of its thread.</summary>
    public readonly struct Entered(StepChecks? outer) : IDisposable
    {
        public void Dispose() => _current = outer;
    }

    private sealed record Check(Tensor Bad, Tensor Ids, Func<long[], Exception> Fault);
}
