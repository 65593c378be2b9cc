using System.Diagnostics;

namespace RhoLoss.Data;

/// <summary>
/// Decodes rows ahead of the training loop. Workers only ever fill byte buffers; the thread that reads makes the tensors, because dispose
/// scopes belong to a thread. What is read depends on the rows asked for and not on how many workers there are or which was faster.
/// </summary>
/// <remarks>Shared by the views of one set; freed with the last of them. Rows of one stream are read by one thread at a time.</remarks>
internal sealed class InputStream
{
    private readonly object _gate = new();
    private readonly StreamOptions _options;
    private readonly Dictionary<long, Slot> _slots = [];
    private readonly Dictionary<long, byte[]> _cache = [];
    private readonly Queue<Slot> _queue = new();
    private readonly Stack<byte[]> _pool = new();
    private readonly int _size;
    private readonly int _mostAhead;
    private readonly List<Thread> _workers = [];
    private int _owners = 1;
    private bool _stopped;

    public InputStream(IInputDecoder decoder, StreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        options.Validate();
        Decoder = decoder;
        _options = options;
        _size = checked((int)decoder.Shape.Aggregate(1L, (a, b) => a * b));
        _mostAhead = (int)Math.Clamp(options.AheadBytes / _size, 2L * options.Threads, int.MaxValue);
    }

    /// <summary>One row on its way: wanted by the reader, foreseen by <see cref="Foresee"/>, or both.</summary>
    private sealed class Slot(long row)
    {
        public long Row { get; } = row;
        public int Wanted { get; set; }
        public bool Foreseen { get; set; }
        public bool Started { get; set; }
        public bool Done { get; set; }
        public byte[]? Bytes { get; set; }
        public Exception? Failure { get; set; }
    }

    public IInputDecoder Decoder { get; }

    public int Threads => _options.Threads;

    /// <summary>
    /// Rows that are decoded, being decoded or waiting for it, at most as many as <see cref="StreamOptions.AheadBytes"/> allows; for tests.
    /// </summary>
    public int Ahead { get { lock (_gate) { return _slots.Count; } } }

    public InputStream Share()
    {
        lock (_gate) { _owners++; }
        return this;
    }

    /// <summary>
    /// Rows that will be read next, in place of those foreseen before; as many of them as <see cref="StreamOptions.AheadBytes"/> allows.
    /// </summary>
    public void Foresee(ReadOnlySpan<long> rows)
    {
        lock (_gate)
        {
            var coming = new HashSet<long>();
            foreach (long row in rows)
            {
                if (coming.Count == _mostAhead) { break; }
                if (!_cache.ContainsKey(row)) { coming.Add(row); }
            }
            foreach (Slot slot in _slots.Values.Where(s => s.Foreseen && !coming.Contains(s.Row)).ToArray())
            {
                slot.Foreseen = false;
                Release(slot);
            }
            foreach (long row in rows)   // in the order of reading, which a set does not keep
            {
                // What a worker is at takes room until it is done, whether it is still wanted or not.
                if (coming.Remove(row) && (_slots.Count < _mostAhead || _slots.ContainsKey(row))) { Request(row).Foreseen = true; }
            }
        }
    }

    /// <summary>Copies the inputs of these rows one after another to <paramref name="destination"/>.</summary>
    /// <returns>Seconds spent waiting for workers.</returns>
    /// <exception cref="InvalidInputException">A row could not be decoded; the message names its file.</exception>
    public double Read(ReadOnlySpan<long> rows, Span<byte> destination)
    {
        int requested = 0, read = 0;
        double waited = 0;
        try
        {
            for (; read < rows.Length; read++)
            {
                byte[] bytes = Wait(rows, read, ref requested, ref waited);
                bytes.AsSpan(0, _size).CopyTo(destination.Slice(read * _size, _size));
                lock (_gate) { Unwant(rows[read]); }
            }
            return waited;
        }
        catch
        {
            lock (_gate)
            {
                for (; read < requested; read++) { Unwant(rows[read]); }
            }
            throw;
        }
    }

    private byte[] Wait(ReadOnlySpan<long> rows, int position, ref int requested, ref double waited)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            for (; requested < rows.Length && (requested == position || _slots.Count < _mostAhead || IsHere(rows[requested])); requested++)
            {
                // With nothing of this reading on its way, other rows were foreseen; keeping them would
                // leave the workers little or no room for these.
                if (requested == position && !IsHere(rows[requested])) { DropForeseen(); }
                if (!_cache.ContainsKey(rows[requested])) { Request(rows[requested]).Wanted++; }
            }
            if (_cache.TryGetValue(rows[position], out byte[]? kept)) { return kept; }
            Slot slot = _slots[rows[position]];
            if (!slot.Done)
            {
                long started = Stopwatch.GetTimestamp();
                while (!slot.Done && !_stopped) { Monitor.Wait(_gate); }
                ObjectDisposedException.ThrowIf(!slot.Done, this);
                waited += Stopwatch.GetElapsedTime(started).TotalSeconds;
            }
            return slot.Failure switch
            {
                null => slot.Bytes!,
                InvalidInputException refused => throw new InvalidInputException(refused.Message, refused),
                { } failure => throw new InvalidInputException(
                    $"{Decoder.NameOf(slot.Row)}: could not be read: {failure.Message}", failure),
            };
        }
    }

    private bool IsHere(long row) => _slots.ContainsKey(row) || _cache.ContainsKey(row);

    private void DropForeseen()
    {
        foreach (Slot slot in _slots.Values.Where(s => s.Foreseen).ToArray())
        {
            slot.Foreseen = false;
            Release(slot);
        }
    }

    private Slot Request(long row)
    {
        if (_slots.TryGetValue(row, out Slot? slot)) { return slot; }
        slot = new Slot(row);
        _slots.Add(row, slot);
        _queue.Enqueue(slot);
        if (_workers.Count < _options.Threads) { StartWorker(); }
        Monitor.PulseAll(_gate);
        return slot;
    }

    private void Unwant(long row)
    {
        if (!_slots.TryGetValue(row, out Slot? slot)) { return; }   // it came from the cache
        slot.Wanted--;
        slot.Foreseen = false;
        Release(slot);
    }

    /// <summary>Forgets a row that nobody waits for: its bytes go to the cache while there is room, then back to the pool.</summary>
    private void Release(Slot slot)
    {
        if (slot.Wanted > 0 || slot.Foreseen || (slot.Started && !slot.Done)) { return; }   // a worker that is at it releases it
        _slots.Remove(slot.Row);
        slot.Started = true;   // so that a worker passes it over in the queue
        if (slot.Bytes is not { } bytes) { return; }
        slot.Bytes = null;
        if (slot.Failure is null && (_cache.Count + 1L) * _size <= _options.CacheBytes) { _cache[slot.Row] = bytes; }
        else if (_pool.Count < _mostAhead) { _pool.Push(bytes); }
    }

    private void StartWorker()
    {
        var worker = new Thread(Work) { IsBackground = true, Name = "RhoLoss input decoder" };
        _workers.Add(worker);
        worker.Start();
    }

    private void Work()
    {
        while (true)
        {
            Slot? slot;
            byte[]? buffer;
            lock (_gate)
            {
                while (!_stopped && (_queue.Count == 0)) { Monitor.Wait(_gate); }
                if (_stopped) { return; }
                slot = _queue.Dequeue();
                if (slot.Started) { continue; }
                slot.Started = true;
                _pool.TryPop(out buffer);
            }
            Exception? failure = null;
            try
            {
                buffer ??= GC.AllocateUninitializedArray<byte>(_size);
                Decoder.Decode(slot.Row, buffer);
            }
#pragma warning disable CA1031 // whatever it is, it is thrown where the input is needed
            catch (Exception e) { failure = e; }
#pragma warning restore CA1031
            lock (_gate)
            {
                slot.Bytes = buffer;
                slot.Failure = failure;
                slot.Done = true;
                Release(slot);
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Gives up one view's share; with the last one the workers stop, and this returns when they have.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_owners > 0) { return; }
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
        foreach (Thread worker in _workers) { worker.Join(); }
        _cache.Clear();
        _pool.Clear();
        _slots.Clear();
        _queue.Clear();
    }
}
